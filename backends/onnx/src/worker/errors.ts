// Errors on their way out of the worker: a CambiumError as it is, an error of ONNX Runtime by its meaning.
import { CambiumError } from "@cambium/ir";
import type { SentError } from "../protocol.js";

/**
 * The error to report if a session cannot be created because a device is missing; any other error is returned
 * unchanged. ONNX Runtime reports this in prose alone, after a place in its own sources.
 */
export function withoutDevice(error: unknown, provider: string): unknown {
  const message = error instanceof Error ? error.message.trim() : "";
  if (provider === "cpu" || !/adapter|no .*device|driver|CUDA|load(ing)? (the )?librar/i.test(message)) return error;
  return new CambiumError("E_BACKEND_UNAVAILABLE", `the onnx backend cannot run on "${provider}" here`, {
    got: message.replace(/^.* was false\. /s, ""),
    hint: "--backend-option provider=cpu",
    cause: error,
  });
}

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
