// Threads that tokenize, each with its own tokenizer. The caller may await the answers in any order.
import { availableParallelism } from "node:os";
import { ThreadPool } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import { tokenizeScript } from "../threads-script.js";
import { type Encoded, encodeAll, type NamedText } from "./encoded.js";

/** With more threads, reading is the bottleneck; each takes about 100 MB. */
const mostThreads = 8;

/** Below this size a thread costs more than it saves: it takes about a second to start. */
const leastBytes = 4_000_000;

export interface Encoder extends AsyncDisposable {
  /** How many lists of texts are worked on at once. */
  readonly threads: number;
  /** @throws CambiumError as the tokenizer does, naming the document. */
  encode(texts: readonly NamedText[]): Promise<Encoded>;
}

/** Threads for a corpus of `bytes`; 0 does the work in the caller's thread. */
export function threadsFor({ portable }: Tokenizer, bytes: number, asked?: number): number {
  if (!portable) return 0;
  if (asked !== undefined) return asked;
  return bytes < leastBytes ? 0 : Math.max(1, Math.min(mostThreads, availableParallelism() - 1));
}

export function encoderOf(tokenizer: Tokenizer, threads: number): Encoder {
  const { portable } = tokenizer;
  if (threads === 0 || !portable) {
    return {
      threads: 0,
      encode: async (texts) => encodeAll(tokenizer, texts),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const pool = new ThreadPool<readonly NamedText[], Encoded>(threads, {
    ...{ script: tokenizeScript, does: "tokenizes", data: portable, lost },
  });
  return { threads, encode: (texts) => pool.ask(texts), [Symbol.asyncDispose]: () => pool.end() };
}

function lost(cause: Error): CambiumError {
  return new CambiumError("E_TOKENIZE_THREAD", "a tokenizer thread ended unexpectedly", {
    got: cause.message,
    hint: "use fewer threads",
    cause,
  });
}
