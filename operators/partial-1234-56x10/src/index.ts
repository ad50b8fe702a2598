// partial stacking 1234-56*10 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The last third repeated; a digit is a sixth of the base. The paper finds its loss in the middle of eight. */
export default presetOperator({
  name: "partial-1234-56x10",
  version,
  summary: "partial stacking 1234-56*10 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "1234-56x10" },
});
