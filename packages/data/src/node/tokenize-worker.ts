// A tokenizing thread: texts in, ids out, one request after another.
import { parentPort, workerData } from "node:worker_threads";
import { CambiumError } from "@cambium/ir";
import type { PortableTokenizer } from "../tokenizer/tokenizer.js";
import { openTokenizer } from "./open-tokenizer.js";
import { encodeAll } from "./prepare/encoded.js";
import type { Answer } from "./prepare/threads.js";

const port = parentPort;
if (!port) throw new Error("tokenize-worker.js runs as a worker thread only");

const opened = openTokenizer(workerData as PortableTokenizer);

port.on("message", async (texts: readonly string[]) => {
  try {
    const encoded = encodeAll(await opened, texts);
    port.postMessage({ encoded } satisfies Answer, [encoded.ids.buffer as ArrayBuffer]);
  } catch (error) {
    port.postMessage(failed(error));
  }
});

function failed(error: unknown): Answer {
  if (!(error instanceof CambiumError)) return { stack: error instanceof Error ? error.stack : String(error) };
  const { cause: _, ...details } = error.details;
  return { refusal: { code: error.code, summary: error.summary, details } };
}
