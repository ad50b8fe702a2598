// LIDAS: the layers around the middle a second time (arXiv 2512.08819). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-middle-block";
import { version } from "../package.json";

/** The paper reports 1.29 times less compute at 1.7 B parameters, at equal steps and with one seed. */
export default presetOperator({
  name: "lidas",
  version,
  summary: "LIDAS: the layers around the middle a second time (arXiv 2512.08819)",
  of,
  options: { insert: "lidas" },
});
