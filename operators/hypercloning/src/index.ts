// HyperCloning: the model tiled, copies told apart by noise in pairs that cancels (Samragh et al. 2024). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-direct-width";
import { version } from "../package.json";

/** Exact at any noise. Here a tied table stays tied, its split in the last norm; the method's own code unties it. The paper reports 2.2 to 4 times faster training than from scratch. */
export default presetOperator({
  name: "hypercloning",
  version,
  summary: "HyperCloning: the model tiled, copies told apart by noise in pairs that cancels (Samragh et al. 2024)",
  of,
  options: { map: "tile", split: "paired" },
});
