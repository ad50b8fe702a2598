// Interpolation: every layer repeated in place.
import { depthOperator, interpolatedLayers } from "@cambium/growth";
import { version } from "../package.json";

/**
 * Interpolation: target layer t of L is a copy of base layer ⌊t·l/L⌋. "Stacking Your Transformers" (Du et al. 2024)
 * compares it with stacking by the connection rate (eq. 51): it keeps l−1 of gl−1 connections, a stack (l−1)g. The
 * function is not kept.
 *
 * Options: `factor` (default 4) or `layers`; a target that is not a multiple of the base repeats some layers once more
 * than others.
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import interpolation from "@cambium/operator-interpolation";
 * layerMap(interpolation.plan(base, { factor: 2 })); // [0, 0, 1, 1, 2, 2] of 3
 */
export default depthOperator({
  name: "interpolation",
  version,
  summary: "every layer repeated in place (Du et al. 2024)",
  layers: interpolatedLayers,
});
