// Cases from the ops' own samples: values and gradients against the reference.
import {
  differentiate,
  everyOp,
  type Graph,
  type Op,
  sampleGradients,
  sampleGraph,
  sampleInputs,
  sampleLoss,
  sampleLossInputs,
} from "@cambium/ir";
import { assertOutputs, runFetched, runUploaded, sampleTolerance } from "./agree.js";
import { bf16Tolerance, withBf16 } from "./bf16.js";
import type { ConformanceCase } from "./case.js";
import { accepts } from "./dtypes.js";

/** For each sample of each op: its values, and its gradient where it has one; or that its dtype is refused. */
export function opCases(ops: readonly Op[] = everyOp): ConformanceCase[] {
  return ops.flatMap((op) =>
    withBf16(op.samples).flatMap((sample, i): ConformanceCase[] => {
      const types = sample.inputs.map(({ type }) => `${type.dtype}[${type.shape}]`).join(" ");
      const name = `${op.name} #${i} ${types}${sample.note === undefined ? "" : ` (${sample.note})`}`;
      const seed = `${op.name}/${i}`;
      const by = sampleGradients(op, sample);
      const values: ConformanceCase = {
        part: "values",
        op: op.name,
        name,
        run: async (device) => {
          const [graph, inputs] = [sampleGraph(op, sample), sampleInputs(sample, seed)];
          if (!(await accepts(device, graph))) return;
          assertOutputs(await runUploaded(device, graph, inputs), graph, inputs, toleranceOf(graph));
        },
      };
      const gradients: ConformanceCase = {
        part: "gradients",
        op: op.name,
        name: `gradient of ${name}`,
        run: async (device) => {
          const graph = differentiate(sampleLoss(op, sample), { of: "loss", by });
          const inputs = sampleLossInputs(op, sample, seed);
          if (!(await accepts(device, graph))) return;
          assertOutputs(await runFetched(device, graph, inputs), graph, inputs, toleranceOf(graph));
        },
      };
      return by.length > 0 ? [values, gradients] : [values];
    }),
  );
}

function toleranceOf(graph: Graph): number {
  return sampleTolerance + bf16Tolerance(graph);
}
