// Net2WiderNet: random indices a second time, weights that read them shared evenly (Chen et al. 2016). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-direct-width";
import { version } from "../package.json";

/** Copies with even shares stay alike under any optimizer without noise; the paper adds some, and reports that the larger network trains on where the smaller one was. */
export default presetOperator({
  name: "net2net",
  version,
  summary: "Net2WiderNet: random indices a second time, weights that read them shared evenly (Chen et al. 2016)",
  of,
  options: { map: "random", split: "even" },
});
