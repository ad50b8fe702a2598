// An engine's options, checked by its schema.
import { CambiumError } from "@cambium/ir";
import type { EngineOptions } from "@cambium/recipe";
import type { z } from "zod";

/** @param hint the options there are @throws CambiumError `E_ENGINE_OPTIONS` with every reason */
export function readOptions<T>(engine: string, schema: z.ZodType<T>, given: EngineOptions, hint: string): T {
  const { data, error } = schema.safeParse(given);
  if (!error) return data;
  throw new CambiumError("E_ENGINE_OPTIONS", `these options are invalid for the engine ${engine}`, {
    where: "train.engine",
    reasons: error.issues.map(({ path, message }) => ({ ...(path.length > 0 && { where: path.join(".") }), message })),
    hint,
  });
}
