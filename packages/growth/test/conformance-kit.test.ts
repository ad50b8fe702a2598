// The numbers that the conformance kit gives to operators' own tests.
import { depthOperator } from "@cambium/growth";
import { difference, gradients, growExactly, logits, randomWeights, type Weights } from "@cambium/growth/conformance";
import { evaluate, Random, type RefTensor } from "@cambium/ir";
import { lossGraph, modelSizes } from "@cambium/model";
import { expect, test } from "vitest";
import { config } from "./support.js";

const of = config({ kvHeads: 1, tied: true });

test("weights are random, in float64, with norms around 1", () => {
  const weights = randomWeights(of, "a");
  const norm = weights["model.norm.weight"] as RefTensor;
  expect(new Set(norm.data).size).toBe(norm.data.length);
  expect(norm.data.reduce((a, b) => a + b, 0) / norm.data.length).toBeGreaterThan(0.5);
  expect(randomWeights(of, "a")).toEqual(weights);
  expect(randomWeights(of, "b")).not.toEqual(weights);
});

test("gradients are the loss's, by central differences", () => {
  const weights = randomWeights(of, "gradients");
  const [batch, context, step] = [2, 12, 1e-5];
  const random = new Random("conformance/gradients");
  const data = Float64Array.from({ length: batch * (context + 1) }, (_, i) =>
    Math.floor((modelSizes(of).vocab ?? 0) * random.uniform(i)),
  );
  const tokens: RefTensor = { type: { dtype: "i32", shape: [batch, context + 1] }, data };
  const loss = (by: Weights) =>
    (evaluate(lossGraph(of, { batch, context }), { ...by, tokens }, { precision: "f64" })["loss"] as RefTensor)
      .data[0] ?? 0;
  for (const [name, gradient] of Object.entries(gradients(of, weights))) {
    const [tensor, at] = [weights[name] as RefTensor, gradient.length >> 1];
    const moved = (by: number) => {
      const shifted = tensor.data.map((x, i) => (i === at ? x + by : x));
      return loss({ ...weights, [name]: { ...tensor, data: shifted } });
    };
    expect(gradient[at]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 8);
  }
});

test("difference is relative to the largest number, or to 1", () => {
  expect(difference(Float64Array.of(1, 12), Float64Array.of(1, 10))).toBeCloseTo(0.2, 12);
  expect(difference(Float64Array.of(0.5), Float64Array.of(0.25))).toBe(0.25);
});

test.each<[string, (t: number, base: number, target: number) => number]>([
  ["stack", (t, base) => t % base],
  ["interpolation", (t, base, target) => Math.floor((t * base) / target)],
])("%s with live outputs moves the logits by more than a tenth", async (name, from) => {
  const operator = depthOperator({
    name,
    version: "1.0.0",
    summary: "A negative of the function test.",
    layers: (base, target) => Array.from({ length: target }, (_, t) => from(t, base, target)),
  });
  const sizes = { vocab: 97, hidden: 32, intermediate: 56, heads: 4, kvHeads: 2, headDim: 8 };
  const plan = operator.plan(config({ ...sizes, contextLength: 32 }), { factor: 2 });
  const weights = randomWeights(plan.base, name);
  const made = await growExactly(plan, weights);
  expect(difference(logits(plan.target, made), logits(plan.base, weights))).toBeGreaterThan(0.1);
});
