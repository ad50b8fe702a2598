// multi-stage layerwise training: only what was appended trains, and the head (Yang et al. 2020). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-append-top";
import { version } from "../package.json";

/** The last stage of the method trains everything: grow with append-top there. The paper reports BERT trained more than 110 % faster. */
export default presetOperator({
  name: "mslt",
  version,
  summary: "multi-stage layerwise training: only what was appended trains, and the head (Yang et al. 2020)",
  of,
  options: { frozen: true },
});
