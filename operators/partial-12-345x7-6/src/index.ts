// partial stacking 12-345*7-6 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The middle half repeated between its beginning and its end; a digit is a sixth of the base. The paper finds its loss among the best four of eight. */
export default presetOperator({
  name: "partial-12-345x7-6",
  version,
  summary: "partial stacking 12-345*7-6 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "12-345x7-6" },
});
