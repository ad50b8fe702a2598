// The forward pass of any model whose family says how it is computed.
import { CambiumError } from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import type { Hidden, Pass } from "./pass.js";

/** The model's forward pass. @throws CambiumError `E_FAMILY` for a family that is not computed. */
export function forward({ family, config }: ModelSpec, pass: Pass): Hidden {
  if (family.forward) return family.forward(config, pass);
  throw new CambiumError("E_FAMILY", `the family ${family.name} says nothing of how its models are computed`, {
    hint: "such a model can be grown by operators that place layers, and not trained or generated from",
  });
}
