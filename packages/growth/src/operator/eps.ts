// The eps of the residual stream's norms, for operators that change the stream's mean square.
import { type ModelSpec, parameterTable } from "@cambium/model";
import { sizesError } from "./sizes.js";

/**
 * `model` with the eps of its norms multiplied by `factor`.
 * @throws CambiumError `E_GROWTH_SIZES` if the model has norms outside the residual stream, which share the eps.
 */
export function scaledEps({ family, config }: ModelSpec, factor: number): ModelSpec {
  if (factor === 1) return { family, config };
  const { eps } = family;
  const others = parameterTable({ family, config }).some(({ kind, axes }) => {
    return kind === "norm" && axes.every(({ axis }) => axis !== "hidden");
  });
  if (eps && !others) return { family, config: eps.changed(config, factor * eps.read(config)) };
  throw sizesError("the eps of the stream's norms cannot be scaled on its own", {
    where: "normMode",
    got: `sqrt-mu, for ${family.name}`,
    hint: "normMode: stream needs no other eps",
  });
}
