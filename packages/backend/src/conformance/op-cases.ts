// Cases from the ops' own samples: values and gradients against the reference.
import {
  type DType,
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
import { assertExpected, runFetched, runUploaded } from "./agree.js";
import { withBf16 } from "./bf16.js";
import type { ConformanceCase } from "./case.js";
import { accepts } from "./dtypes.js";

/** For each sample of each op, a case of its values, and one of its gradient if it has one. */
export function opCases(ops: readonly Op[] = everyOp): ConformanceCase[] {
  return ops.flatMap((op) =>
    withBf16(op.samples).flatMap((sample, i): ConformanceCase[] => {
      const types = sample.inputs.map(({ type }) => `${type.dtype}[${type.shape}]`).join(" ");
      const name = `${op.name} #${i} ${types}${sample.note === undefined ? "" : ` (${sample.note})`}`;
      const seed = `${op.name}/${i}`;
      const by = sampleGradients(op, sample);
      const dtypes = dtypesOf(sampleGraph(op, sample));
      const values: ConformanceCase = {
        part: "values",
        op: op.name,
        dtypes,
        name,
        run: async (device) => {
          const [graph, inputs] = [sampleGraph(op, sample), sampleInputs(sample, seed)];
          if (!(await accepts(device, graph))) return;
          assertExpected(await runUploaded(device, graph, inputs), graph, inputs);
        },
      };
      const gradients: ConformanceCase = {
        part: "gradients",
        op: op.name,
        dtypes,
        name: `gradient of ${name}`,
        run: async (device) => {
          const graph = differentiate(sampleLoss(op, sample), { of: "loss", by });
          const inputs = sampleLossInputs(op, sample, seed);
          if (!(await accepts(device, graph))) return;
          assertExpected(await runFetched(device, graph, inputs), graph, inputs);
        },
      };
      return by.length > 0 ? [values, gradients] : [values];
    }),
  );
}

function dtypesOf({ inputs, outputs }: Graph): DType[] {
  return [...new Set([...inputs, ...outputs].map(({ value }) => value.type.dtype))];
}
