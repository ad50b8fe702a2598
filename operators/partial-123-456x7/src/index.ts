// partial stacking 123-456*7 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The back half repeated; a digit is a sixth of the base. The paper finds its loss among the best four of eight. */
export default presetOperator({
  name: "partial-123-456x7",
  version,
  summary: "partial stacking 123-456*7 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "123-456x7" },
});
