// Times graphs on a device for the tuner: the best of a few stretches of runs, each long enough to be measured.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import { type Graph, numel, toHost } from "@cambium/ir";
import type { Choose } from "../lower/lowering.js";
import type { TunerOptions } from "./tuner.js";

/** Least seconds of one stretch, unless it is `maxRuns` runs. */
const stretch = 0.02;
const maxRuns = 64;
const stretches = 3;

/**
 * A clock for `TunerOptions.time`.
 * @param open opens a device whose graphs take the kernels that `choose` names; the clock closes it
 */
export function clock(open: (choose: Choose) => Device | Promise<Device>): TunerOptions["time"] {
  return async (graph, choose) => {
    await using device = await open(choose);
    using executable = await device.compile(graph);
    const inputs = await uploaded(graph, device);
    const fetch = graph.outputs.map(({ name }) => name);
    await secondsOf(1, executable, inputs, fetch);
    const once = await secondsOf(1, executable, inputs, fetch);
    const runs = Math.min(maxRuns, Math.max(1, Math.ceil(stretch / once)));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < stretches; i++) best = Math.min(best, await secondsOf(runs, executable, inputs, fetch));
    return best;
  };
}

async function uploaded(graph: Graph, device: Device): Promise<Record<string, DeviceTensor>> {
  const inputs: Record<string, DeviceTensor> = {};
  for (const { name, value } of graph.inputs) {
    const { type } = value;
    inputs[name] = await device.upload(toHost({ type, data: new Float64Array(numel(type.shape)).fill(0.5) }));
  }
  return inputs;
}

/** Seconds per run, over `runs` runs in a row; waits for the outputs of the last one. */
async function secondsOf(
  runs: number,
  executable: Executable,
  inputs: Record<string, DeviceTensor>,
  fetch: readonly string[],
): Promise<number> {
  const began = performance.now();
  for (let run = 1; run < runs; run++) {
    const { outputs } = await executable.run(inputs);
    for (const tensor of Object.values(outputs)) tensor.dispose();
  }
  await (await executable.run(inputs, { fetch })).fetched;
  return (performance.now() - began) / 1000 / runs;
}
