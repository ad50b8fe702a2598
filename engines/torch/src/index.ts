// The engine `torch`: transformers and torch under torchrun, one process or many.
import { defineEngine } from "@cambium/engine";
import { CambiumError } from "@cambium/ir";
import { version } from "../package.json";
import { deviceLine, torchOptions } from "./options.js";
import { findPython } from "./python.js";
import { refusals } from "./refusals.js";
import { TorchSession } from "./session.js";

export default defineEngine({
  name: "torch",
  version,
  summary: "transformers and torch under torchrun: DDP, or FSDP2, on CPUs and GPUs",
  prepare: async (given) => {
    const options = torchOptions(given);
    const python = await findPython(options.python);
    return {
      device: deviceLine(options, python),
      refusals: (stage) => refusals(stage, options),
      open: async (plan, _, place) => {
        if (options.nodes === 1) return new TorchSession(plan, place, python.path, options);
        throw new CambiumError("E_ENGINE_CLUSTER", "the engine torch starts processes on this machine alone", {
          where: `stage "${plan.stage.name}"`,
          got: `${options.nodes} nodes`,
          hint: "cambium launch RECIPE --print slurm, or --print k8s, writes the job for a cluster",
        });
      },
    };
  },
});
