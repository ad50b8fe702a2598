// GradMax's columns, found on the reference backend: the gradient of the new rows is as predicted, and larger than along
// other directions.
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { expect, onTestFinished, test } from "vitest";
import { referenceBackend } from "../../packages/backend/src/index.ts";
import { find } from "../../packages/grow/src/index.ts";
import {
  baseModel,
  foundBy,
  gradients,
  growExactly,
  randomWeights,
} from "../../packages/growth/src/conformance/index.ts";
import { gatedMlps } from "../../packages/growth/src/index.ts";
import { hostTensor, refTensor } from "../../packages/ir/src/index.ts";

const [batch, context] = [2, 6];
const tokens = Int32Array.from({ length: batch * (context + 1) }, (_, i) => (7 * i + (i % 3)) % 11);
const read = refTensor(hostTensor("i32", [batch, context + 1], tokens));
const norm = (values) => Math.hypot(...values);

test.each([{}, { std: 0.3 }])("the gradient of the new rows is c √Σσ², with %j", async (options) => {
  const { default: gradmax } = await import("@cambium/operator-gradmax");
  const base = baseModel({ layers: 2 });
  const weights = randomWeights(base, "gradmax");
  const { up, down } = gatedMlps(base)[1];
  const [old, hidden] = up.shape;
  const grown = (plan, entry) => growExactly(plan, weights, foundBy(plan, entry));

  const plan = gradmax.plan(base, { fraction: 0.25, tokens: batch * context, ...options });
  const device = await referenceBackend.open();
  onTestFinished(() => device.close());
  const parameters = {};
  for (const [name, { type, data }] of Object.entries(weights))
    parameters[name] = await device.upload(hostTensor("f32", type.shape, Float32Array.from(data)));
  const { tensors } = await find(plan, { device, parameters, batch, context, batchAt: () => tokens });

  // M, made apart: the gradient by the down columns of one new neuron per channel, its up row that channel alone.
  const wide = gradmax.plan(base, { intermediate: old + hidden, ...options });
  const probe = await grown(wide, () => 0);
  for (let i = 0; i < hidden; i++) probe[up.name].data[(old + i) * hidden + i] = 1;
  const all = gradients(wide.target, probe, undefined, read)[down.name];
  const m = Matrix.from1DArray(hidden, old + hidden, all).subMatrix(0, hidden - 1, old, old + hidden - 1);
  const { diagonal } = new SingularValueDecomposition(m);

  const columns = tensors[`steepest ${down.name}`];
  const k = columns.shape[1];
  const predicted = (norm(columns.data) / Math.sqrt(k)) * norm(diagonal.slice(0, k));
  const gradientWith = async (entry) =>
    norm(gradients(plan.target, await grown(plan, entry), undefined, read)[up.name].subarray(old * hidden));
  const found = (name, row, column) => tensors[name].data[row * k + column];
  expect((await gradientWith(found)) / predicted).toBeCloseTo(1, 4);
  // The same columns upside down are as long, and orthogonal too.
  const other = await gradientWith((name, row, column) => found(name, hidden - 1 - row, column));
  expect(other).toBeLessThan(0.95 * predicted);
});
