// Errors of an engine, by their meaning.
import { CambiumError } from "@cambium/ir";
import type { Engine } from "../engines/engine.js";

/** A CambiumError if the engine ran out of memory or lost its device; else the error unchanged. */
export function engineError(engine: Engine, error: unknown): unknown {
  if (error instanceof CambiumError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (
    /out of memory|\bOOM\b|resource exhausted|allocation failed|failed to allocate|Array buffer allocation/i.test(
      message,
    )
  ) {
    const details = { got: message, hint: "a smaller batch", cause: error };
    return new CambiumError("E_OUT_OF_MEMORY", `tfjs (${engine.device}) ran out of memory`, details);
  }
  if (/device (is|was) lost|context lost/i.test(message)) {
    return new CambiumError("E_DEVICE_LOST", `the tfjs device (${engine.device}) is gone`, {
      got: message,
      cause: error,
    });
  }
  return error;
}
