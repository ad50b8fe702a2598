// Plans as graphs: their outputs, their inputs, and their gradients.

import {
  composePlans,
  concat,
  copy,
  depthOperator,
  fit,
  given,
  givenName,
  matmul,
  normal,
  optimizerPolicies,
  planGraph,
  scale,
  stateGraph,
  sum,
  take,
} from "@cambium/growth";
import { assertStateGraph } from "@cambium/growth/conformance";
import {
  add,
  differentiate,
  evaluate,
  type Graph,
  GraphBuilder,
  gradientName,
  hostTensor,
  mul,
  type RefTensor,
  reduceSum,
  refTensor,
} from "@cambium/ir";
import { parameterTable, plainPhase, stateNames } from "@cambium/model";
import { expect, test } from "vitest";
import { config, doubleIntermediate, noisy, weights, zeroTop } from "./support.js";

const base = config({ tied: true });
const stack = depthOperator({
  name: "twice",
  version: "1.0.0",
  summary: "Twice.",
  layers: (layers, target) => Array.from({ length: target }, (_, t) => t % layers),
});
const up = "model.layers.0.mlp.up_proj.weight"; // [10, 8]
const norm = "model.norm.weight";

test.each(optimizerPolicies)("a state grown by a graph equals one grown on the host: %s", async (policy) => {
  await assertStateGraph(stack.plan(base, { factor: 2 }), policy);
  await assertStateGraph(doubleIntermediate.plan(base, { share: 0.3 }), policy);
  await assertStateGraph(zeroTop.plan(base, { layers: 5 }), policy);
  const second = doubleIntermediate.plan(stack.plan(base, { factor: 2 }).target, { share: 0.7 });
  await assertStateGraph(composePlans(stack.plan(base, { factor: 2 }), second), policy);
});

test("noise, sums and products", async () => {
  await assertStateGraph(noisy.plan(base), "reset");
  const same = stack.plan(base, { factor: 1 });
  const mixed = sum([
    scale(matmul(normal([10, 8], 1, "a"), copy(up), { left: true, right: false }), 0),
    take(copy(up), 0, [1, -1, 3, 5, 7, 9, 0, 2]),
  ]);
  const odd = concat(0, [
    take(mixed, 1, [7, 0, 6, 1, 5, 2, 4, 3], [1, 2, 3, 4, -5, 6, 7, -8]),
    take(copy(up), 0, [4, 4], normal([2, 8], 1, "n")),
  ]);
  await assertStateGraph({ ...same, tensors: { ...same.tensors, [up]: odd } }, "reset");
});

test("a graph has only the inputs that the plan reads, and leaves unchanged tensors in place", () => {
  const plan = stack.plan(base, { factor: 2 });
  const { graph } = stateGraph(plan, "zero-new");
  const table = parameterTable(base).map(({ name }) => name);
  expect(graph.inputs.map(({ name }) => name).toSorted()).toEqual(
    [...table, ...table.map(stateNames.m), ...table.map(stateNames.v)].toSorted(),
  );
  const kept = graph.outputs.filter(({ replaces }) => replaces !== undefined);
  expect(kept.every(({ name, replaces }) => name === replaces)).toBe(true);
  expect(kept).toHaveLength(3 * table.length);
  const fresh = stateGraph(plan, "reset").graph.inputs.map(({ name }) => name);
  expect(fresh.toSorted()).toEqual(table.toSorted());
});

test("exactOnly makes the selections, and lists the tensors left to compute", () => {
  const plan = doubleIntermediate.plan(base, { share: 0.3 });
  const down = (layer: number) => `model.layers.${layer}.mlp.down_proj.weight`;
  const { graph, computed } = planGraph(plan, { exactOnly: true });
  expect(computed).toEqual([0, 1, 2].map(down));
  expect(graph.outputs).toHaveLength(parameterTable(plan.target).length - 3);
});

test("gradients by `given` tensors equal finite differences", () => {
  const same = stack.plan(base, { factor: 1 });
  const map = given("map", [10, 10], fit(normal([10, 10], 1, "map")));
  const gains = given("gains", [8], fit(copy(norm)));
  const grown = matmul(map, take(copy(up), 1, [0, 0, 3, 3, 2, 7, 6, 5], [1, 2, 1, -1, 1, 1, 0.5, 1]));
  const plan = {
    ...same,
    phase: plainPhase,
    tensors: { ...same.tensors, [up]: grown, [norm]: sum([gains, copy(norm)]) },
  };
  const { graph } = planGraph(plan, { only: new Set([up, norm]) });
  const held = weights(base);
  const inputs: Record<string, RefTensor> = Object.fromEntries(
    [up, norm].map((name) => [name, refTensor(held[name] as never)]),
  );
  inputs[givenName("map")] = refTensor(
    hostTensor(
      "f32",
      [10, 10],
      Array.from({ length: 100 }, (_, i) => Math.sin(i)),
    ),
  );
  inputs[givenName("gains")] = refTensor(hostTensor("f32", [8], [1, 2, 3, 4, 5, 6, 7, 8]));
  const loss = squares(graph);
  const names = [givenName("map"), givenName("gains")];
  const found = evaluate(differentiate(loss, { of: "loss", by: names }), inputs, { precision: "f64" });
  const at = (name: string, i: number, step: number) => {
    const moved = inputs[name] as RefTensor;
    const data = moved.data.slice();
    data[i] = (data[i] as number) + step;
    return (evaluate(loss, { ...inputs, [name]: { ...moved, data } }, { precision: "f64" })["loss"] as RefTensor)
      .data[0]!;
  };
  for (const name of names) {
    const gradient = (found[gradientName(name)] as RefTensor).data;
    expect(gradient.some((x) => Math.abs(x) > 0.1)).toBe(true);
    gradient.forEach((g, i) => {
      // The loss is quadratic: central differences are exact up to rounding.
      expect(Math.abs(g - (at(name, i, 1e-3) - at(name, i, -1e-3)) / 2e-3)).toBeLessThan(1e-8);
    });
  }
});

/** Half the sum of squares of every output. */
function squares(graph: Graph): Graph {
  const builder = new GraphBuilder();
  const parts = Object.values(builder.append(graph).outputs).map((x) =>
    reduceSum(mul(x, x), { axes: x.shape.map((_, i) => i) }),
  );
  builder.output(
    "loss",
    mul(
      parts.reduce((a, b) => add(a, b)),
      0.5,
    ),
  );
  return builder.finish();
}
