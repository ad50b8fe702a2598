// Times graphs on a device for the tuner: the best of a few stretches of runs, each long enough to be measured.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import { type Graph, numel, toHost } from "@cambium/ir";
import type { Choose } from "../lower/lowering.js";
import type { TunerOptions } from "./tuner.js";

/** Seconds of one stretch at least, unless it is `maxRuns` runs. */
const stretch = 0.02;
const maxRuns = 64;
const stretches = 3;

/**
 * A clock for `TunerOptions.time`.
 * @param compile makes an executable with the kernels that `choose` names
 */
export function clock(
  compile: (graph: Graph, choose: Choose) => Promise<Executable>,
  { upload }: Pick<Device, "upload">,
): TunerOptions["time"] {
  return async (graph, choose) => {
    const executable = await compile(graph, choose);
    const inputs: Record<string, DeviceTensor> = {};
    const fetch = graph.outputs.map(({ name }) => name);
    /** Seconds a run takes of `runs` in a row; the last one's outputs are waited for. */
    const secondsOf = async (runs: number): Promise<number> => {
      const began = performance.now();
      for (let run = 1; run < runs; run++) {
        const { outputs } = await executable.run(inputs);
        for (const tensor of Object.values(outputs)) tensor.dispose();
      }
      await (await executable.run(inputs, { fetch })).fetched;
      return (performance.now() - began) / 1000 / runs;
    };
    try {
      for (const { name, value } of graph.inputs) {
        const { type } = value;
        inputs[name] = await upload(toHost({ type, data: new Float64Array(numel(type.shape)).fill(0.5) }));
      }
      await secondsOf(1);
      const runs = Math.min(maxRuns, Math.max(1, Math.ceil(stretch / (await secondsOf(1)))));
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < stretches; i++) best = Math.min(best, await secondsOf(runs));
      return best;
    } finally {
      for (const tensor of Object.values(inputs)) tensor.dispose();
      executable.dispose();
    }
  };
}
