// GradMax: conformance, and the gradient of the new rows: as predicted, and larger than along random directions.
import { referenceBackend } from "@cambium/backend";
import { type Found, find } from "@cambium/grow";
import { type GrowthPlan, givenOf, momentExprs, planTables } from "@cambium/growth";
import { baseModel, describeOperator, gradients, growExactly, randomWeights } from "@cambium/growth/conformance";
import { type HostTensor, hostTensor, Random, refTensor } from "@cambium/ir";
import { parameterTable } from "@cambium/model";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { expect, test } from "vitest";
import gradmax from "../src/index.js";

describeOperator(gradmax, {
  cases: [{ options: {} }, { base: { heads: 4, kvHeads: 2, family: "qwen3" }, options: { intermediate: 20 } }],
  refuses: [{ options: { intermediate: 200 }, code: "E_GROWTH_SIZES" }],
});

const base = baseModel({ layers: 2 });
const weights = randomWeights(base, "gradmax");
const host = (tensor: (typeof weights)[string]) => hostTensor("f32", tensor.type.shape, Float32Array.from(tensor.data));
const parameters = Object.fromEntries(Object.entries(weights).map(([name, one]) => [name, host(one)]));
const [batch, context] = [2, 6];
const tokens = Int32Array.from({ length: batch * (context + 1) }, (_, i) => (7 * i + (i % 3)) % 11);
const read = refTensor(hostTensor("i32", [batch, context + 1], tokens));
const up = "model.layers.1.mlp.up_proj.weight";
const [old = 0, hidden = 0] = parameters[up]?.shape ?? [];

/** The gradient of the rows that are new in `up`, with `found` for what the plan looks for; float64. */
async function fresh(plan: GrowthPlan, found: Found["tensors"]): Promise<Float64Array> {
  const made = await growExactly(plan, weights, rowsOf(found));
  return gradients(plan.target, made, undefined, read)[up]?.subarray(old * hidden) as Float64Array;
}

const rowsOf = (found: Found["tensors"]) => (name: string, start: number, end: number) => {
  const { shape, data } = found[name] as HostTensor;
  return Float64Array.from(data.subarray(start * (shape[1] ?? 1), end * (shape[1] ?? 1)) as Float32Array);
};

const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

test("the gradient of the new rows is c √Σσ², and larger than along random columns", async () => {
  const plan = gradmax.plan(base, { fraction: 0.25, tokens: batch * context, std: 0.3 });
  await using device = await referenceBackend.open();
  const held: Record<string, Awaited<ReturnType<typeof device.upload>>> = {};
  for (const [name, one] of Object.entries(parameters)) held[name] = await device.upload(one);
  const { tensors } = await find(plan, { device, parameters: held, batch, context, batchAt: () => tokens });

  // M, made apart: the gradient by the down columns of one new neuron per channel, its up row that channel alone.
  const wide = gradmax.plan(base, { intermediate: old + hidden, std: 0.3 });
  const nothing = givenOf(wide.tensors).map(({ name, shape }) => [name, hostTensor("f32", shape)]);
  const probe = await growExactly(wide, weights, rowsOf(Object.fromEntries(nothing)));
  const channels = probe[up]?.data as Float64Array;
  for (let i = 0; i < hidden; i++) channels[(old + i) * hidden + i] = 1;
  const down = "model.layers.1.mlp.down_proj.weight";
  const all = gradients(wide.target, probe, undefined, read)[down] as Float64Array;
  const m = Matrix.from1DArray(hidden, old + hidden, all).subMatrix(0, hidden - 1, old, old + hidden - 1);
  const { diagonal } = new SingularValueDecomposition(m);
  const name = `steepest ${down}`;
  const columns = tensors[name] as HostTensor;
  const k = columns.shape[1] as number;
  const c = norm(columns.data) / Math.sqrt(k);
  const predicted = c * norm(diagonal.slice(0, k));
  expect(norm(await fresh(plan, tensors)) / predicted).toBeCloseTo(1, 4);

  const random = { ...tensors, [name]: columnsOf("other", columns) };
  expect(norm(await fresh(plan, random))).toBeLessThan(0.95 * predicted);
});

test("moments stay with old entries, new ones begin at zero", () => {
  const plan = gradmax.plan(base, { fraction: 0.25 });
  for (const policy of ["carry", "pad", "zero-new"] as const)
    expect(momentExprs(plan, policy, planTables(plan)).size).toBe(parameterTable(plan.target).length);
});

/** Random columns, each of the norm that those of `like` have. */
function columnsOf(seed: string, like: HostTensor): HostTensor {
  const [rows = 0, count = 0] = like.shape;
  const drawn = new Float64Array(rows * count);
  new Random(seed).normals(drawn, 0, 1);
  const of = (data: ArrayLike<number>, k: number) =>
    norm(Array.from({ length: rows }, (_, i) => data[i * count + k] as number));
  return hostTensor(
    "f32",
    like.shape,
    Float32Array.from(drawn, (x, i) => (x * of(like.data as Float32Array, i % count)) / of(drawn, i % count)),
  );
}
