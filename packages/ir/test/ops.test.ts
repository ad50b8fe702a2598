// Every op against itself: inferred types, gradients against finite differences, rules against decompositions.
import { describe, expect, test } from "vitest";
import {
  type Attrs,
  checkGraph,
  composites,
  decompose,
  differentiate,
  evaluate,
  everyOp,
  formatType,
  gradientName,
  numel,
  primitives,
  type RefTensor,
  refTensor,
  type Sample,
  sampleGradients,
  sampleGraph,
  sampleInputs,
  sampleLoss,
  sampleLossInputs,
  type TensorType,
} from "../src/index.js";

test("about forty primitives, under their own names", () => {
  for (const [name, { op }] of Object.entries({ ...primitives, ...composites })) expect(op.name).toBe(name);
  expect(Object.keys(primitives).length).toBeLessThanOrEqual(40);
});

describe.each(everyOp.map((op) => [op.name, op] as const))("%s", (_, op) => {
  test("has samples", () => expect(op.samples.length).toBeGreaterThan(0));

  test.each(op.samples.map((sample, i) => [i, sample] as const))(
    "sample %i evaluates to its inferred type",
    (i, sample) => {
      const graph = sampleGraph(op, sample);
      checkGraph(graph);
      const outputs = evaluate(graph, sampleInputs(sample, `${op.name}/${i}`));
      for (const { name, value } of graph.outputs) {
        expect(formatType((outputs[name] as RefTensor).type)).toBe(formatType(value.type));
        expect((outputs[name] as RefTensor).data.length).toBe(numel(value.type.shape));
      }
    },
  );

  const differentiable = op.samples.flatMap((sample, i) =>
    sampleGradients(op, sample).length > 0 ? [[i, sample] as const] : [],
  );
  test.each(differentiable)("sample %i: gradient equals finite differences in float64", (i, sample) => {
    const graph = sampleLoss(op, sample);
    const by = sampleGradients(op, sample);
    const hosts = Object.entries(sampleLossInputs(op, sample, `${op.name}/${i}`));
    const inputs: Record<string, RefTensor> = Object.fromEntries(hosts.map(([name, host]) => [name, refTensor(host)]));
    const loss = (changed: Record<string, RefTensor>) =>
      (evaluate(graph, { ...inputs, ...changed }, { precision: "f64" })["loss"] as RefTensor).data[0] as number;
    for (const decomposed of [false, true]) {
      const backward = differentiate(graph, { of: "loss", by, decomposed });
      checkGraph(backward);
      const analytic = evaluate(backward, inputs, { precision: "f64" });
      for (const name of by) {
        const x = inputs[name] as RefTensor;
        const grad = (analytic[gradientName(name)] as RefTensor).data;
        const h = 1e-5;
        for (let e = 0; e < x.data.length; e++) {
          const shifted = (delta: number) =>
            loss({ [name]: { ...x, data: x.data.with(e, (x.data[e] as number) + delta) } });
          const numeric = (shifted(h) - shifted(-h)) / (2 * h);
          // Central differences: error h²·f‴/6 ≈ 1e-10·f‴, rounding 1e-16·|f|/h ≈ 1e-11, constants of rules are f32: 6e-8.
          const error = Math.abs((grad[e] as number) - numeric);
          expect(error, `${name}[${e}] decomposed=${decomposed}`).toBeLessThan(2e-7 * Math.max(1, Math.abs(numeric)));
        }
      }
    }
  });

  if (op.stored.length > 0) {
    test("takes the inputs that mixed precision stores as f16, and returns what it returns for f32", () => {
      const [sample] = op.samples as [Sample];
      const types = sample.inputs.map(({ type }) => type);
      const attrs = (sample.attrs ?? {}) as Attrs;
      expect(op.stored.every((i) => types[i]?.dtype === "f32")).toBe(true);
      const stored = types.map((type, i): TensorType => (op.stored.includes(i) ? { ...type, dtype: "f16" } : type));
      expect(op.infer(stored, attrs)).toEqual(op.infer(types, attrs));
    });
  }

  if (op.kind === "composite") {
    test("decomposes to primitives of the same types", () => {
      for (const sample of op.samples) {
        const graph = sampleGraph(op, sample);
        const flat = decompose(graph);
        checkGraph(flat);
        expect(flat.nodes.every((node) => node.op.kind === "primitive")).toBe(true);
        expect(flat.outputs.map(({ value }) => formatType(value.type))).toEqual(
          graph.outputs.map(({ value }) => formatType(value.type)),
        );
      }
    });
  }
});
