// The worker's side of a thread: it answers one request at a time.
import { parentPort, type TransferListItem } from "node:worker_threads";
import { CambiumError } from "@cambium/ir";
import type { Answer, SentError } from "./messages.js";

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

function sent(error: unknown): SentError {
  if (!(error instanceof CambiumError)) return { message: error instanceof Error ? `${error.stack}` : String(error) };
  const { cause: _, ...details } = error.details;
  return { code: error.code, message: error.summary, details };
}
