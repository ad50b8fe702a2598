// An error as a result holds it: its code and its message.
import { CambiumError } from "@cambium/ir";
import type { Failure } from "../result.js";

export function failureOf(error: unknown): Pick<Failure, "code" | "message"> {
  if (error instanceof CambiumError) {
    const { got } = error.details;
    return { code: error.code, message: got === undefined ? error.message : `${error.message}: ${got}` };
  }
  return { code: "E_BENCH_CASE", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
