// Every op against itself: inferred types, gradients against finite differences, rules against decompositions.
import { describe, expect, test } from "vitest";
import {
  type Graph,
  GraphBuilder,
  type Op,
  type RefTensor,
  type Sample,
  checkGraph,
  composites,
  decompose,
  differentiate,
  evaluate,
  formatType,
  gradientName,
  materialize,
  mul,
  numel,
  primitives,
  reduceSum,
  refTensor,
  Random,
} from "../src/index.js";

const ops: Op[] = [...Object.values(primitives), ...Object.values(composites)].map(({ op }) => op);

/** Attributes with the op's defaults filled in, by applying it once through its own function. */
function graphOf(op: Op, sample: Sample): Graph {
  const builder = new GraphBuilder();
  const fn = [...Object.values(primitives), ...Object.values(composites)].find((f) => f.op === op) as unknown as (...args: unknown[]) => unknown;
  const operands = sample.inputs.map(({ type }, i) => builder.input(`x${i}`, type));
  const args = op.inputs === "variadic" ? [operands] : op.inputs.length === 0 ? [builder] : operands;
  const results = fn(...args, sample.attrs) as never;
  const listed = (Array.isArray(results) ? results : [results]) as Parameters<GraphBuilder["output"]>[1][];
  listed.forEach((tensor, i) => builder.output(`y${i}`, tensor));
  return builder.finish();
}

/** A scalar of the graph's first output: its product with fixed random numbers, summed. */
function scalarised(graph: Graph): Graph {
  const builder = new GraphBuilder();
  const inputs = Object.fromEntries(graph.inputs.map(({ name, value }) => [name, builder.input(name, value.type)]));
  const y = builder.inline(graph, inputs)["y0"];
  if (!y) throw new Error("no output");
  const weights = builder.input("weights", y.type);
  builder.output("loss", reduceSum(mul(y, weights), { axes: y.shape.map((_, i) => i) }));
  return builder.finish();
}

describe.each(ops.map((op) => [op.name, op] as const))("%s", (_, op) => {
  test("has samples", () => expect(op.samples.length).toBeGreaterThan(0));

  test.each(op.samples.map((sample, i) => [i, sample] as const))("sample %i evaluates to its inferred type", (i, sample) => {
    const graph = graphOf(op, sample);
    checkGraph(graph);
    const inputs = Object.fromEntries(materialize(sample, `${op.name}/${i}`).map((x, k) => [`x${k}`, x]));
    const outputs = evaluate(graph, inputs);
    for (const { name, value } of graph.outputs) {
      expect(formatType((outputs[name] as RefTensor).type)).toBe(formatType(value.type));
      expect((outputs[name] as RefTensor).data.length).toBe(numel(value.type.shape));
    }
  });

  const differentiable = op.samples.filter(({ gradient }) => gradient !== false).filter((sample) => {
    const y = graphOf(op, sample).outputs[0];
    return y?.value.type.dtype === "f32" && sample.inputs.some(({ type }) => type.dtype === "f32");
  });
  test.each(differentiable.map((sample, i) => [i, sample] as const))("sample %i: gradient equals finite differences in float64", (i, sample) => {
    const graph = scalarised(graphOf(op, sample));
    const which = sample.gradient || sample.inputs.flatMap(({ type }, k) => (type.dtype === "f32" ? [k] : []));
    const by = which.map((k) => `x${k}`);
    const inputs: Record<string, RefTensor> = Object.fromEntries(materialize(sample, `${op.name}/g${i}`).map((x, k) => [`x${k}`, refTensor(x)]));
    const weights = graph.inputs.find(({ name }) => name === "weights");
    const random = new Random("weights");
    const type = weights?.value.type as RefTensor["type"];
    inputs["weights"] = { type, data: new Float64Array(numel(type.shape)).map((_, k) => random.normal(k)) };
    for (const decomposed of [false, true]) {
      const backward = differentiate(graph, { of: "loss", by, decomposed });
      checkGraph(backward);
      const analytic = evaluate(backward, inputs, { precision: "f64" });
      for (const name of by) {
        const x = inputs[name] as RefTensor;
        const grad = (analytic[gradientName(name)] as RefTensor).data;
        const h = 1e-5;
        for (let e = 0; e < x.data.length; e++) {
          const shifted = (delta: number) => {
            const data = x.data.slice();
            data[e] = (data[e] as number) + delta;
            return (evaluate(graph, { ...inputs, [name]: { ...x, data } }, { precision: "f64" })["loss"] as RefTensor).data[0] as number;
          };
          const numeric = (shifted(h) - shifted(-h)) / (2 * h);
          // Central differences: error h²·f‴/6 ≈ 1e-10·f‴ plus rounding 1e-16·|f|/h ≈ 1e-10.
          expect(Math.abs((grad[e] as number) - numeric), `${name}[${e}] decomposed=${decomposed}`).toBeLessThan(2e-7 * Math.max(1, Math.abs(numeric)));
        }
      }
    }
  });

  if (op.decompose) {
    test("decomposes to primitives that mean the same", () => {
      for (const sample of op.samples) {
        const graph = graphOf(op, sample);
        const flat = decompose(graph);
        expect(flat.nodes.every((node) => node.op.kind === "primitive")).toBe(true);
        expect(flat.outputs.map(({ value }) => formatType(value.type))).toEqual(graph.outputs.map(({ value }) => formatType(value.type)));
      }
    });
  }
});
