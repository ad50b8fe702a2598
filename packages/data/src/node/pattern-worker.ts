// The thread of a guarded tokenizer: a question, an answer.
import { workerData } from "node:worker_threads";
import type { Guarded, GuardedAnswer, Question } from "./guarded-tokenizer.js";
import { openRust } from "./rust-tokenizer.js";

const { json, port, answered } = workerData as Guarded;
const opened = openRust(json);
opened.catch(() => undefined);

port.on("message", async (question: Question) => {
  port.postMessage(await answer(question));
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
});

async function answer(question: Question): Promise<GuardedAnswer> {
  try {
    const tokenizer = await opened;
    return { value: "encode" in question ? tokenizer.encode(question.encode) : tokenizer.decode(question.decode) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
