// Errors on their way out of the worker: a CambiumError as it is, an error of ONNX Runtime by its meaning.
import { CambiumError } from "@cambium/ir";
import type { SentError } from "../protocol.js";

export function sentError(error: unknown): SentError {
  if (error instanceof CambiumError) {
    const { cause: _, ...details } = error.details;
    return { code: error.code, message: error.summary, details };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (/bad_alloc|failed to allocate|out of memory|allocation failed/i.test(message)) {
    return {
      code: "E_OUT_OF_MEMORY",
      message: "ONNX Runtime ran out of memory",
      details: { got: message, hint: "a smaller batch" },
    };
  }
  return { message, ...(stack !== undefined && { stack }) };
}
