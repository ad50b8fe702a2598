// The engine `torchtitan`: stages on clusters of GPUs.
import { askPython, defineEngine } from "@cambium/engine";
import { version } from "../package.json";
import { anotherPython, deviceLine, titanOptions } from "./options.js";
import { outline } from "./outline.js";
import { refusals } from "./refusals.js";
import { TitanSession } from "./session.js";

export default defineEngine({
  name: "torchtitan",
  version,
  summary: "torchtitan on a cluster: FSDP2, tensor and context parallelism; job files written, results taken back",
  outline,
  prepare: async (given) => {
    const options = titanOptions(given);
    // It converts checkpoints here; torchtitan itself is needed on the cluster alone.
    await askPython({
      path: options.python,
      needed: ["torch", "safetensors"],
      engine: "torchtitan",
      hint: anotherPython,
    });
    return {
      device: deviceLine(options),
      engaged: { precision: options.bf16 ? "bf16" : "f32" },
      refusals: (stage) => refusals(stage, options),
      open: async (plan, _, place) => new TitanSession(plan, place, options),
    };
  },
});
