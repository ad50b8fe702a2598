// GradMax: conformance, and the gradient of the new rows: as predicted, and larger than along random directions.
import { referenceBackend } from "@cambium/backend";
import { type Found, find } from "@cambium/grow";
import { type GrowthPlan, givenOf, momentExprs, planTables } from "@cambium/growth";
import {
  baseModel,
  describeOperator,
  gradients,
  growExactly,
  randomWeights,
  readExactly,
} from "@cambium/growth/conformance";
import { type HostTensor, hostTensor, Random, refTensor } from "@cambium/ir";
import { parameterTable } from "@cambium/model";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { expect, test } from "vitest";
import gradmax from "../src/index.js";

describeOperator(gradmax, {
  cases: [{ base: { heads: 4, kvHeads: 2, family: "qwen3" }, options: { intermediate: 20 } }],
  refuses: [{ options: { intermediate: 200 }, code: "E_GROWTH_SIZES" }],
});

const base = baseModel({ layers: 2 });
const weights = randomWeights(base, "gradmax");
const [batch, context] = [2, 6];
const tokens = Int32Array.from({ length: batch * (context + 1) }, (_, i) => (7 * i + (i % 3)) % 11);
const read = refTensor(hostTensor("i32", [batch, context + 1], tokens));
const [up, down] = ["up", "down"].map((part) => `model.layers.1.mlp.${part}_proj.weight`) as [string, string];
const [old = 0, hidden = 0] = weights[up]?.type.shape ?? [];

/** The target's parameters, with what was found for the plan. */
const grown = (plan: GrowthPlan, found: Found["tensors"]) => {
  const exact = Object.entries(found).map(([name, tensor]) => [name, refTensor(tensor)]);
  return growExactly(plan, weights, readExactly(Object.fromEntries(exact)));
};

const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

test("the gradient of the new rows is c √Σσ², and larger than along random columns", async () => {
  const plan = gradmax.plan(base, { fraction: 0.25, tokens: batch * context, std: 0.3 });
  await using device = await referenceBackend.open();
  const parameters: Record<string, Awaited<ReturnType<typeof device.upload>>> = {};
  for (const [name, { type, data }] of Object.entries(weights))
    parameters[name] = await device.upload(hostTensor("f32", type.shape, Float32Array.from(data)));
  const { tensors } = await find(plan, { device, parameters, batch, context, batchAt: () => tokens });

  // M, made apart: the gradient by the down columns of one new neuron per channel, its up row that channel alone.
  const wide = gradmax.plan(base, { intermediate: old + hidden, std: 0.3 });
  const nothing = givenOf(wide.tensors).map(({ name, shape }) => [name, hostTensor("f32", shape)]);
  const probe = await grown(wide, Object.fromEntries(nothing));
  for (let i = 0; i < hidden; i++) (probe[up]?.data as Float64Array)[(old + i) * hidden + i] = 1;
  const all = gradients(wide.target, probe, undefined, read)[down] as Float64Array;
  const m = Matrix.from1DArray(hidden, old + hidden, all).subMatrix(0, hidden - 1, old, old + hidden - 1);
  const { diagonal } = new SingularValueDecomposition(m);

  const columns = tensors[`steepest ${down}`] as HostTensor;
  const k = columns.shape[1] as number;
  const predicted = (norm(columns.data) / Math.sqrt(k)) * norm(diagonal.slice(0, k));
  const fresh = async (found: Found["tensors"]) =>
    norm(gradients(plan.target, await grown(plan, found), undefined, read)[up]?.subarray(old * hidden) ?? []);
  expect((await fresh(tensors)) / predicted).toBeCloseTo(1, 4);
  const random = { ...tensors, [`steepest ${down}`]: randomColumns(columns) };
  expect(await fresh(random)).toBeLessThan(0.95 * predicted);
});

/** Random columns, each of the norm that those of `like` have: they are orthogonal and of one norm. */
function randomColumns({ shape, data }: HostTensor): HostTensor {
  const [rows = 0, count = 0] = shape;
  const drawn = new Float64Array(rows * count);
  new Random("other").noise(drawn, 0, 1);
  const length = (k: number) => norm(Array.from({ length: rows }, (_, i) => drawn[i * count + k] as number));
  const wanted = norm(data as Float32Array) / Math.sqrt(count);
  return hostTensor(
    "f32",
    shape,
    Float32Array.from(drawn, (x, i) => (x * wanted) / length(i % count)),
  );
}

test("moments stay with old entries, new ones begin at zero", () => {
  const plan = gradmax.plan(base, { fraction: 0.25 });
  for (const policy of ["carry", "pad", "zero-new"] as const)
    expect(momentExprs(plan, policy, planTables(plan)).size).toBe(parameterTable(plan.target).length);
});
