// partial stacking 1-234*7-56 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** Sixths two to four repeated; a digit is a sixth of the base. The paper finds its loss in the middle of eight. */
export default presetOperator({
  name: "partial-1-234x7-56",
  version,
  summary: "partial stacking 1-234*7-56 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "1-234x7-56" },
});
