// Gradual stacking: copies of the topmost layers on top.
import { depthError, depthOperator, namesOf, repeatedLayers, toppedLayers } from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

/**
 * Gradual stacking (Reddi et al. 2023): L layers are the l of the base and copies of its last L − l on top; L − l is at
 * most l. Repeated in stages it is the schedule of that paper. `frozen` is that of multi-stage layerwise training (Yang
 * et al. 2020): only the new layers, the last norm and the output projection train; a table that is both embedding and
 * projection stays frozen.
 *
 * Options: `factor` (default 2) or `layers`; `frozen` (default false).
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import appendTop from "@cambium/operator-append-top";
 * layerMap(appendTop.plan(base, { layers: 9 })); // [0, 1, 2, 3, 4, 5, 3, 4, 5] of 6
 */
export default depthOperator({
  name: "append-top",
  version,
  summary: "the topmost layers once more on top: gradual stacking (Reddi et al. 2023)",
  usualFactor: 2,
  options: { frozen: z.boolean().default(false).describe("train the new layers, the last norm and the head only") },
  layers: (base, target) => {
    if (target <= 2 * base) return toppedLayers(base, target);
    const expected = `at most ${2 * base} layers from ${base}`;
    throw depthError("there are not that many layers to append", { expected, got: `${target}`, hint: "grow twice" });
  },
  refine: (parts, { target, layers }, { frozen }) => {
    if (!frozen) return parts;
    const added = repeatedLayers(layers);
    const old = namesOf(target, ({ kind, feeds, layer }) =>
      layer === undefined ? kind !== "head" && feeds !== "head" : !added.has(layer),
    );
    return { ...parts, phase: { frozen: old } };
  },
});
