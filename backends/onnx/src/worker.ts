// The worker thread: holds ONNX Runtime, the kernels and every tensor, and answers one request after another.
import { parentPort } from "node:worker_threads";
import type { Notice, Request, Response } from "./protocol.js";
import { sentError } from "./worker/errors.js";
import { WorkerHost } from "./worker/host.js";

const port = parentPort;
if (!port) throw new Error("worker.js runs as a worker thread only");

const host = new WorkerHost();
let last: Promise<void> = Promise.resolve();

port.on("message", (message: Request | Notice) => {
  last = last.then(() => ("call" in message ? answer(message) : host.notice(message)));
});

async function answer(request: Request): Promise<void> {
  let response: Response;
  let transfer: ArrayBuffer[] = [];
  try {
    const { result, buffers } = await host.call(request);
    response = { id: request.id, result };
    transfer = buffers;
  } catch (error) {
    response = { id: request.id, error: sentError(error) };
  }
  port?.postMessage(response, transfer);
}
