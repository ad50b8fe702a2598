// A tokenizer whose patterns may search without end, in a thread that is terminated after a while: WebAssembly cannot
// be interrupted in the thread it runs in.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { mayNotEnd } from "../tokenizer/patterns.js";
import { RustFailure, type RustTokenizer } from "../tokenizer/rust.js";
import { endingAtSignals } from "./signals.js";
import { guardScript } from "./threads-script.js";

/** Far more than any text takes, even on a busy machine; milliseconds. */
const longest = 20_000;

/** What a text takes if nothing is wrong with it: until then signals wait. */
const usual = 200;

/** What the thread is given. */
export interface Guarded {
  readonly json: string;
  readonly port: MessagePort;
  /** Counts the answers. */
  readonly answered: Int32Array;
}

export type Question = { readonly encode: string } | { readonly decode: Int32Array };
export type GuardedAnswer = { readonly value: Int32Array | string | null } | { readonly failure: string };

/** Whether a regular expression of the tokenizer may search without end. */
export function hasEndless(json: string): boolean {
  const patterns = [...json.matchAll(/"Regex"\s*:\s*("(?:[^"\\]|\\.)*")/g)];
  return patterns.some(([, text = '""']) => mayNotEnd(JSON.parse(text) as string));
}

/** As `openRustTokenizer`. @param limit milliseconds for a text */
export function guarded(json: string, limit = longest): RustTokenizer {
  let thread: Thread | undefined;
  const ask = (question: Question) => {
    thread ??= new Thread(json);
    const answer = thread.ask(question, limit);
    if (answer === undefined) {
      thread = undefined;
      throw new RustFailure(`a pattern that was still searching after ${limit / 1000} s, which is its limit`);
    }
    if ("failure" in answer) throw new RustFailure(answer.failure);
    return answer.value;
  };
  return { encode: (encode) => ask({ encode }) as Int32Array, decode: (decode) => ask({ decode }) as string };
}

class Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));

  constructor(json: string) {
    const { port1, port2 } = new MessageChannel();
    const workerData: Guarded = { json, port: port2, answered: this.#answered };
    this.#worker = new Worker(guardScript, { workerData, transferList: [port2], name: "cambium-patterns" });
    this.#worker.unref();
    this.#port = port1;
    this.#port.unref();
  }

  /** Returns undefined when the time is up; the thread is then terminated. */
  ask(question: Question, limit: number): GuardedAnswer | undefined {
    const before = Atomics.load(this.#answered, 0);
    this.#port.postMessage(question);
    const soon = Math.min(usual, limit);
    if (Atomics.wait(this.#answered, 0, before, soon) === "timed-out")
      endingAtSignals(() => Atomics.wait(this.#answered, 0, before, limit - soon));
    const received = receiveMessageOnPort(this.#port) as { message: GuardedAnswer } | undefined;
    if (received === undefined) void this.#worker.terminate();
    return received?.message;
  }
}
