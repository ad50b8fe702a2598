// Steps as in a training run: the whole graph, with the state on the device and replaced in place. Outputs are compared
// with float64 within the spread of rounding. This shows faults that vanish when every value is fetched.
import type { Device, DeviceTensor } from "@cambium/backend";
import { compare, type Deviation } from "@cambium/backend/conformance/cases";
import { type HostTensor, refTensor } from "@cambium/ir";
import type { Expected } from "./expected.js";
import type { Tensors } from "./subject.js";

export interface StepCheck {
  /** From 1. */
  readonly step: number;
  readonly output: string;
  readonly error: number;
  readonly tolerance: number;
  readonly deviation: Deviation | null;
}

/** Runs the subject's steps, at least one, and stops after the first step that departs. */
export async function* traceSteps(device: Device, expected: Expected): AsyncGenerator<readonly StepCheck[]> {
  const { graph, state, steps, inputs } = expected.subject;
  const executable = await device.compile(graph);
  const held: Record<string, DeviceTensor> = {};
  const replaced = new Map(graph.outputs.flatMap(({ name, replaces }) => (replaces ? [[name, replaces]] : [])));
  try {
    for (const [name, host] of Object.entries(state)) held[name] = await device.upload(host);
    for (let step = 1; step <= Math.max(1, steps); step++) {
      const { outputs } = await executable.run({ ...held, ...inputs(step) });
      const got: Record<string, HostTensor> = {};
      for (const [name, tensor] of Object.entries(outputs)) {
        got[name] = await device.download(tensor);
        const input = replaced.get(name);
        if (input === undefined) tensor.dispose();
        else held[input] = tensor;
      }
      const checks = checkStep(step, got, expected);
      yield checks;
      if (checks.some(({ deviation }) => deviation)) return;
    }
  } finally {
    for (const tensor of Object.values(held)) tensor.dispose();
    executable.dispose();
  }
}

function checkStep(step: number, got: Tensors, expected: Expected): StepCheck[] {
  return Object.entries(expected.step(step)).map(([output, { exact, tolerance }]) => {
    const { error, deviation } = compare(refTensor(got[output] as HostTensor), exact, tolerance);
    return { step, output, error, tolerance, deviation };
  });
}
