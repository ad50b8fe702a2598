// partial stacking 12-34*10-56 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The middle third repeated; a digit is a sixth of the base. The paper finds its loss in the middle of eight. */
export default presetOperator({
  name: "partial-12-34x10-56",
  version,
  summary: "partial stacking 12-34*10-56 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "12-34x10-56" },
});
