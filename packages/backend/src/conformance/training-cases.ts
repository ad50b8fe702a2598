// Training traces: whole train steps with the state on the device, compared with the reference step by step.
import { forwardPass, type Graph, type HostTensor, recompute } from "@cambium/ir";
import type { DeviceTensor } from "../contract.js";
import { assertClose, assertThat, downloadAll, expected } from "./agree.js";
import type { ConformanceCase } from "./case.js";
import { initialState, stateNames, stepInputs, tinyTrainStep } from "./tiny-llama.js";

const steps = 10;

/**
 * After ten steps the reference rounded to f32 and the reference in float64 differ by 1e-7 in the loss, 3e-7 in the
 * gradient norm, and 1.6e-6 of the largest element in a parameter or moment. A device accumulates in f32 and in its own
 * order, so it is allowed about sixty times that.
 */
const tolerances = { loss: 1e-5, state: 1e-4 };

export function trainingCases(): ConformanceCase[] {
  return [
    traced("of a small transformer", tinyTrainStep, steps),
    traced("with its activations recomputed", recomputedTrainStep, 2),
  ];
}

/** The train step with every segment of its forward pass recomputed. */
function recomputedTrainStep(): Graph {
  const graph = tinyTrainStep();
  const forward = forwardPass(graph, "loss");
  return recompute(graph, forward, forward.cuts);
}

function traced(what: string, graphOf: () => Graph, steps: number): ConformanceCase {
  return {
    part: "training",
    name: `${steps} train steps ${what}: losses, gradient norms, state`,
    run: async (device) => {
      const graph = graphOf();
      const executable = await device.compile(graph);
      let held: Record<string, DeviceTensor> = {};
      let want: Readonly<Record<string, HostTensor>> = initialState();
      for (const [name, host] of Object.entries(want)) held[name] = await device.upload(host);
      const { tensors } = await device.memory();
      try {
        for (let step = 1; step <= steps; step++) {
          const batch = stepInputs(step);
          const { outputs, fetched } = await executable.run({ ...held, ...batch }, { fetch: ["loss", "gradNorm"] });
          held = { ...outputs };
          const { loss, gradNorm, ...state } = expected(graph, { ...want, ...batch });
          want = state;
          const got = await fetched;
          assertClose(got["loss"] as HostTensor, loss as HostTensor, tolerances.loss, `loss of step ${step}`);
          assertClose(
            got["gradNorm"] as HostTensor,
            gradNorm as HostTensor,
            tolerances.loss,
            `gradient norm of step ${step}`,
          );
          assertThat((await device.memory()).tensors === tensors, `step ${step} changed the number of tensors`);
        }
        const got = await downloadAll(device, held);
        for (const name of stateNames)
          assertClose(got[name] as HostTensor, want[name] as HostTensor, tolerances.state, name, 0);
      } finally {
        for (const tensor of Object.values(held)) tensor.dispose();
        executable.dispose();
      }
    },
  };
}
