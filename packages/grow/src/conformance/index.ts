// describeGrowth: growth on a device, compared with the host's. For backends; bound to vitest or to any runner of its shape.
import type { Backend, Device, DeviceTensor } from "@cambium/backend";
import { assertExpected, assertSameBits, runFetched } from "@cambium/backend/conformance/cases";
import {
  type GrowthPlan,
  givenName,
  givenOf,
  growState,
  type OptimizerPolicy,
  optimizerPolicies,
} from "@cambium/growth";
import { assertStateGraph } from "@cambium/growth/conformance";
import { evaluate, type HostTensor, hostTensor, refTensor } from "@cambium/ir";
import * as vitest from "vitest";
import { growOnDevice } from "../device/growth.js";
import { find } from "../find/find.js";
import { grownLoss } from "../find/fit.js";
import type { Lab } from "../find/lab.js";
import { measurements } from "../find/measure.js";
import type { Measured } from "../find/product.js";
import { computed, copies, fitted, flatState, measured, randomState, selected } from "./plans.js";

/** What the suite needs of a test runner. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
}

type Open = () => Promise<Device>;
type Found = Readonly<Record<string, HostTensor>>;
type Sizes = Pick<Lab, "batch" | "context">;

/**
 * Declares the tests that a device grows training states as the host does: selections to the bit, arithmetic within the
 * roundings of float32, nothing left on the device.
 */
export function describeGrowth(make: Backend | Open, api: TestApi = vitest): void {
  const open = typeof make === "function" ? make : () => make.open();
  const name = typeof make === "function" ? "a device" : make.name;
  const grown = async (plan: GrowthPlan, policy: OptimizerPolicy) => {
    await using device = await open();
    await assertGrows(device, plan, policy);
  };
  api.describe(`${name} grows training states`, () => {
    for (const policy of optimizerPolicies)
      api.test(`copies of layers, moments "${policy}"`, () => grown(copies, policy));
    api.test("gathers, gaps, joins and noise", () => grown(selected(), "carry"));
    api.test("factors, sums and products", () => grown(computed(), "reset"));
    api.test("what it measures, within the roundings of the measurement", async () => {
      await using device = await open();
      const sizes = { batch: 2, context: 6 };
      const plan = measured(sizes.batch * sizes.context);
      await assertGrows(device, plan, "reset", await assertMeasures(device, plan, sizes));
    });
    api.test("what it fits, to a lower loss than it begins with", async () => {
      await using device = await open();
      await assertFits(device, fitted(), { batch: 2, context: 6 });
    });
  });
}

/** @returns what was found */
async function assertMeasures(device: Device, plan: GrowthPlan, sizes: Sizes): Promise<Found> {
  const { parameters } = randomState(plan);
  const tensors = await findOn(device, plan, sizes);
  // Over one batch a mean is the graph's own output.
  const of = givenOf(plan.tensors).filter((one): one is Measured => one.by.kind === "measure");
  const tokens = hostTensor("i32", [sizes.batch, sizes.context + 1], idsOf(sizes));
  for (const { graph } of measurements(plan, of, sizes)) assertExpected(tensors, graph, { ...parameters, tokens });
  return tensors;
}

async function assertFits(device: Device, plan: GrowthPlan, sizes: Sizes): Promise<void> {
  const { parameters } = randomState(plan);
  const { graph } = grownLoss(plan, sizes);
  const tokens = hostTensor("i32", [sizes.batch, sizes.context + 1], idsOf(sizes));
  const lossOf = (found: Found) => {
    const inputs: Record<string, HostTensor> = { ...parameters, tokens };
    for (const { name, shape } of givenOf(plan.tensors))
      inputs[givenName(name)] = found[name] ?? hostTensor("f32", shape);
    const held = Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, refTensor(one)]));
    return evaluate(graph, held, { precision: "f64" })["loss"]?.data[0] as number;
  };
  const [before, after] = [lossOf({}), lossOf(await findOn(device, plan, sizes))];
  if (!(after < before)) throw new Error(`the fit begins at a loss of ${before} and ends at ${after}`);
}

async function findOn(device: Device, plan: GrowthPlan, sizes: Sizes): Promise<Found> {
  const held: Record<string, DeviceTensor> = {};
  for (const [name, tensor] of Object.entries(randomState(plan).parameters)) held[name] = await device.upload(tensor);
  const ids = idsOf(sizes);
  const { tensors } = await find(plan, { device, parameters: held, ...sizes, batchAt: () => ids });
  for (const tensor of Object.values(held)) tensor.dispose();
  return tensors;
}

function idsOf({ batch, context }: Sizes): Int32Array {
  return Int32Array.from({ length: batch * (context + 1) }, (_, i) => (5 * i * i + i) % 19);
}

async function assertGrows(device: Device, plan: GrowthPlan, policy: OptimizerPolicy, found: Found = {}) {
  await assertStateGraph(plan, policy, (graph, inputs) => runFetched(device, graph, inputs));
  const state = randomState(plan);
  const host = await growState(plan, state, { moments: policy, found: { get: (name) => found[name] } });
  const expected = flatState(host);
  const tensors: Record<string, DeviceTensor> = {};
  for (const [name, tensor] of Object.entries(flatState(state))) tensors[name] = await device.upload(tensor);
  const grown = await growOnDevice(device, plan, { updates: state.updates, tensors }, { policy }, found);
  for (const [name, tensor] of Object.entries(grown.tensors)) {
    assertSameBits(await device.download(tensor), expected[name] as HostTensor, `${name}, grown where it is`);
    tensor.dispose();
  }
  const names = [Object.keys(grown.tensors), Object.keys(expected)].map((list) => list.toSorted().join());
  if (names[0] !== names[1]) throw new Error(`grew ${names[0]} instead of ${names[1]}`);
  const left = await device.memory();
  if (left.tensors + left.executables > 0) throw new Error(`left on the device: ${JSON.stringify(left)}`);
}
