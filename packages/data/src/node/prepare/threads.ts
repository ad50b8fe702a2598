// Threads that tokenize, each with its own tokenizer. The caller may await the answers in any order.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CambiumError, type ErrorDetails } from "@cambium/ir";
import type { PortableTokenizer, Tokenizer } from "../../tokenizer/tokenizer.js";
import { tokenizeScript } from "../threads-script.js";
import { type Encoded, encodeAll } from "./encoded.js";

/** What a thread answers. */
export interface Answer {
  readonly encoded?: Encoded;
  readonly refusal?: { readonly code: string; readonly summary: string; readonly details: ErrorDetails };
  /** The stack of an unexpected error, which is a defect. */
  readonly stack?: string | undefined;
}

/** With more threads, reading is the bottleneck; each takes about 100 MB. */
const mostThreads = 8;

/** Below this size a thread costs more than it saves: it takes about a second to start. */
const leastBytes = 4_000_000;

export interface Encoder extends AsyncDisposable {
  /** How many lists of texts are worked on at once. */
  readonly threads: number;
  /** @throws CambiumError as the tokenizer does. */
  encode(texts: readonly string[]): Promise<Encoded>;
}

/** Threads for a corpus of `bytes`; 0 does the work in the caller's thread. */
export function threadsFor({ portable }: Tokenizer, bytes: number, asked?: number): number {
  if (!portable) return 0;
  if (asked !== undefined) return asked;
  return bytes < leastBytes ? 0 : Math.max(1, Math.min(mostThreads, availableParallelism() - 1));
}

export function encoderOf(tokenizer: Tokenizer, threads: number): Encoder {
  const { portable } = tokenizer;
  if (threads > 0 && portable) return new Threads(portable, threads);
  return {
    threads: 0,
    encode: async (texts) => encodeAll(tokenizer, texts),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Waiting {
  readonly texts: readonly string[];
  resolve(encoded: Encoded): void;
  reject(error: unknown): void;
}

class Threads implements Encoder {
  readonly #all: Worker[];
  readonly #idle: Worker[];
  readonly #at = new Map<Worker, Waiting>();
  readonly #waiting: Waiting[] = [];
  /** Why a thread ended; nothing is encoded after that. */
  #broken: CambiumError | undefined;

  constructor(
    portable: PortableTokenizer,
    readonly threads: number,
  ) {
    this.#all = Array.from({ length: threads }, () => this.#begin(portable));
    this.#idle = [...this.#all];
  }

  encode(texts: readonly string[]): Promise<Encoded> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ texts, resolve, reject });
      this.#assign();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  #begin(portable: PortableTokenizer): Worker {
    const worker = new Worker(tokenizeScript, { workerData: portable, name: "cambium-tokenize" });
    worker.on("message", (answer: Answer) => {
      const asked = this.#at.get(worker);
      this.#at.delete(worker);
      this.#idle.push(worker);
      this.#assign();
      if (answer.encoded) asked?.resolve(answer.encoded);
      else asked?.reject(failure(answer));
    });
    worker.on("error", (cause) => {
      this.#broken ??= new CambiumError("E_TOKENIZE_THREAD", "a tokenizer thread ended unexpectedly", {
        got: cause instanceof Error ? cause.message : String(cause),
        hint: "use fewer threads",
        cause,
      });
      for (const lost of [this.#at.get(worker), ...this.#waiting.splice(0)]) lost?.reject(this.#broken);
    });
    return worker;
  }

  #assign(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const [worker, next] = [this.#idle.shift() as Worker, this.#waiting.shift() as Waiting];
      this.#at.set(worker, next);
      worker.postMessage(next.texts);
    }
  }
}

function failure({ refusal, stack }: Answer): Error {
  return refusal ? new CambiumError(refusal.code, refusal.summary, refusal.details) : new Error(stack);
}
