// The engine `torch`: transformers and torch under torchrun, one process or many.
import { defineEngine } from "@cambium/engine";
import { version } from "../package.json";
import { deviceLine, torchOptions } from "./options.js";
import { outline } from "./outline.js";
import { findPython } from "./python.js";
import { refusals } from "./refusals.js";
import { TorchSession } from "./session.js";

export default defineEngine({
  name: "torch",
  version,
  summary: "transformers and torch under torchrun: DDP, or FSDP2, on CPUs and GPUs",
  outline,
  prepare: async (given) => {
    const options = torchOptions(given);
    const python = await findPython(options.python);
    return {
      device: deviceLine(options, python),
      engaged: {
        ...{ precision: options.bf16 ? "bf16" : "f32", replay: "interpreted", attention: "fused" },
        features: ["scaled_dot_product_attention", ...(options.bf16 ? ["autocast"] : [])],
      },
      refusals: (stage) => refusals(stage, options),
      open: async (plan, _, place) => new TorchSession(plan, place, python.path, options),
    };
  },
});
