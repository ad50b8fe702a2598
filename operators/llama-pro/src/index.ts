// LLaMA Pro: new layers that start as the identity; only they train (Wu et al. 2024). Generated from operators/presets.mjs.
import { presetOperator } from "@cambium/growth";
import of from "@cambium/operator-zero-depth";
import { version } from "../package.json";

/** The base's layers stay as they are. The paper reports new knowledge without the loss of the old. */
export default presetOperator({
  name: "llama-pro",
  version,
  summary: "LLaMA Pro: new layers that start as the identity; only they train (Wu et al. 2024)",
  of,
  options: { frozen: true },
});
