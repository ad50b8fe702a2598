// Evaluation batches: always the same windows, in the order of the text.
import { CambiumError } from "@cambium/ir";
import type { TokenReader } from "../tokens.js";

export interface EvaluationRequest {
  /** Windows in a batch. */
  readonly batch: number;
  /** Tokens in a window. */
  readonly context: number;
  /** Most windows to use, from the front; all by default. */
  readonly windows?: number;
}

/** A fixed sequence of full batches. */
export interface EvaluationBatches {
  /** The number of batches. */
  readonly count: number;
  /** Predicted tokens in all of them together. */
  readonly tokens: number;
  /** Batch `index`, [batch, context + 1] row-major, in `into` if given. @throws CambiumError `E_TOKEN_RANGE`. */
  at(index: number, into?: Int32Array): Int32Array;
}

/**
 * Windows 0, 1, 2, … of `tokens`, each `context` tokens and the one that follows, as many as fill whole batches;
 * windows left over after the last full batch are dropped.
 * @throws CambiumError `E_BATCH` for sizes below 1; `E_EVALUATION_SHORT` when not one batch can be filled.
 */
export function evaluationBatches(tokens: TokenReader, request: EvaluationRequest): EvaluationBatches {
  const { batch, context, windows = Number.MAX_SAFE_INTEGER } = request;
  const reasons = Object.entries({ batch, context, windows })
    .filter(([, value]) => !(Number.isSafeInteger(value) && value >= 1))
    .map(([where, value]) => ({ where, message: "out of range", expected: "a positive integer", got: String(value) }));
  if (reasons.length > 0) throw new CambiumError("E_BATCH", "the batches requested are invalid", { reasons });
  const available = Math.max(0, Math.floor((tokens.length - 1) / context));
  const count = Math.floor(Math.min(windows, available) / batch);
  if (count < 1) {
    throw new CambiumError("E_EVALUATION_SHORT", "the held-out text does not fill one batch", {
      expected: `at least ${batch * context + 1} tokens, ${batch} windows of ${context}`,
      got: `${tokens.length} tokens${windows < available ? `, of which ${windows} windows are requested` : ""}`,
      hint: "hold out more text (data.heldOut), or take a smaller batch or context",
    });
  }
  return {
    count,
    tokens: count * batch * context,
    at(index, into = new Int32Array(batch * (context + 1))) {
      if (!(Number.isInteger(index) && index >= 0 && index < count)) {
        throw new CambiumError("E_TOKEN_RANGE", "there is no such batch", {
          expected: `0 to ${count - 1}`,
          got: String(index),
        });
      }
      for (let row = 0; row < batch; row++) {
        tokens.read((index * batch + row) * context, context + 1, into, row * (context + 1));
      }
      return into;
    },
  };
}
