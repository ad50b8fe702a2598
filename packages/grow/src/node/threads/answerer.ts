// The worker's side of a thread: it answers one request at a time, and reads files that the calling thread opened.
import { readSync } from "node:fs";
import { parentPort, type TransferListItem } from "node:worker_threads";
import { toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { Answer, Place, SentError } from "./protocol.js";

/** @param transferred the parts of a response that are transferred instead of copied */
export function answerRequests<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
  transferred: (response: Response) => readonly TransferListItem[] = () => [],
): void {
  const port = parentPort;
  if (!port) throw new Error("this script runs as a worker thread only");
  const answered = async (request: Request): Promise<Answer<Response>> => {
    try {
      return { response: await answer(request) };
    } catch (error) {
      return { error: sent(error) };
    }
  };
  let last = Promise.resolve();
  port.on("message", (request: Request) => {
    last = last.then(async () => {
      const reply = await answered(request);
      port.postMessage(reply, "response" in reply ? transferred(reply.response) : []);
    });
  });
}

/**
 * Fills `out` with a tensor's bytes from its byte `start` on.
 * @throws CambiumError `E_SAFETENSORS_TRUNCATED`, `E_IO`, …
 */
export function readPlace({ fd, path, entry }: Place, start: number, out: Uint8Array): void {
  for (let done = 0; done < out.length; ) {
    const count = readPart(path, fd, out, done, entry.offset + start + done);
    if (count === 0)
      throw new CambiumError("E_SAFETENSORS_TRUNCATED", "this file was cut short while it was being read", {
        where: path,
      });
    done += count;
  }
}

function readPart(path: string, fd: number, out: Uint8Array, done: number, from: number): number {
  try {
    return readSync(fd, out, done, out.length - done, from);
  } catch (error) {
    throw toFileError(error, path);
  }
}

function sent(error: unknown): SentError {
  if (!(error instanceof CambiumError)) return { message: error instanceof Error ? `${error.stack}` : String(error) };
  const { cause: _, ...details } = error.details;
  return { code: error.code, message: error.summary, details };
}
