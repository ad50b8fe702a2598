// partial stacking 123456*4 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The whole model, four times: G_stack written as a partial stack; a digit is a sixth of the base. The paper finds its loss among the best four of eight. */
export default presetOperator({
  name: "partial-123456x4",
  version,
  summary: "partial stacking 123456*4 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "123456x4" },
});
