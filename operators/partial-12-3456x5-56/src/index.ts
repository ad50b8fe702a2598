// partial stacking 12-3456*5-56 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The first third, the last four sixths five times, the last third once more; a digit is a sixth of the base. The paper finds its loss among the best four of eight. */
export default presetOperator({
  name: "partial-12-3456x5-56",
  version,
  summary: "partial stacking 12-3456*5-56 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "12-3456x5-56" },
});
