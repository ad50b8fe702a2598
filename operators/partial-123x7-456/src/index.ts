// partial stacking 123*7-456 (Du et al. 2024, Table 5). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-partial";
import { version } from "../package.json";

/** The front half repeated; a digit is a sixth of the base. The paper finds its loss the worst of eight: below training from scratch. */
export default presetOperator({
  name: "partial-123x7-456",
  version,
  summary: "partial stacking 123*7-456 (Du et al. 2024, Table 5)",
  of,
  options: { pattern: "123x7-456" },
});
