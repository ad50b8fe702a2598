// The forward pass of any model whose family defines one.
import { CambiumError } from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import type { Hidden, Pass } from "./pass.js";

/** The model's forward pass. @throws CambiumError `E_FAMILY` for a family without one. */
export function forward({ family, config }: ModelSpec, pass: Pass): Hidden {
  if (family.forward) return family.forward(config, pass);
  throw new CambiumError("E_FAMILY", `the family ${family.name} does not define how its models are computed`, {
    hint: "operators that only place layers can grow such a model; it cannot be trained or generated from",
  });
}
