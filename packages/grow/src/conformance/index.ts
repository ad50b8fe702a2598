// describeGrowth: growth on a device, held to the host's. For backends; bound to vitest or to any runner of its shape.
import type { Backend, Device, DeviceTensor } from "@cambium/backend";
import { assertSameBits } from "@cambium/backend/conformance/cases";
import {
  concat,
  copy,
  depthOperator,
  type GrowthPlan,
  growState,
  matmul,
  normal,
  type OptimizerPolicy,
  optimizerPolicies,
  scale,
  sum,
  take,
} from "@cambium/growth";
import { assertStateGraph } from "@cambium/growth/conformance";
import { type HostTensor, hostTensor, numel, Random } from "@cambium/ir";
import { llama, modelSpec, parameterTable, stateNames, type TrainingState } from "@cambium/model";
import * as vitest from "vitest";
import { growOnDevice } from "../device/growth.js";

/** What the suite needs of a test runner. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
}

const base = modelSpec(llama, {
  ...{ vocab: 19, hidden: 8, intermediate: 14, layers: 3, heads: 2, headDim: 6, contextLength: 32 },
});
const stack = depthOperator({
  name: "stack",
  version: "1.0.0",
  summary: "The whole again.",
  layers: (layers, target) => Array.from({ length: target }, (_, t) => t % layers),
});
const up = "model.layers.0.mlp.up_proj.weight"; // [14, 8]

/**
 * Declares the tests that a device grows training states as the host does: selections to the bit, arithmetic within the
 * roundings of float32, nothing left on the device.
 */
export function describeGrowth(make: Backend | (() => Promise<Device>), api: TestApi = vitest): void {
  const open = typeof make === "function" ? make : () => make.open();
  const name = typeof make === "function" ? "a device" : make.name;
  api.describe(`${name} grows training states`, () => {
    const copies = stack.plan(base, { factor: 2 });
    for (const policy of optimizerPolicies)
      api.test(`copies of layers, moments "${policy}"`, () => assertGrows(open, copies, policy));
    api.test("gathers, gaps, joins and noise", () => assertGrows(open, withUp(selected()), "carry"));
    api.test("factors, sums and products", () => assertGrows(open, withUp(computed()), "reset"));
  });
}

function withUp(expr: GrowthPlan["tensors"][string]): GrowthPlan {
  const same = stack.plan(base, { factor: 1 });
  return { ...same, tensors: { ...same.tensors, [up]: expr } };
}

/** Many short runs along both dimensions, so that backends gather; −1 is a gap. */
function selected() {
  const rows = take(copy(up), 0, [0, 2, 4, 6, 8, 10, 12, -1, 13, 11, 9, 7, 5, 3, 1, -1, 0, 2, 4, 6]);
  const columns = take(rows, "hidden", [7, 0, 6, 1, -1, 5, 2, 4]);
  return concat(0, [take(columns, 0, [19, 0, 18, 1, 17, 2, 16, 3, 15, 4, 14, 5]), normal([2, 8], 0.3, "new")]);
}

function computed() {
  const weighted = take(copy(up), "hidden", [0, 0, 1, 1, 2, 2, 3, 3], [0.3, 0.7, 0.3, 0.7, 0.3, 0.7, 0.3, 0.7]);
  return sum([scale(weighted, -1.7), matmul(normal([14, 14], 0.2, "mixing"), copy(up))]);
}

async function assertGrows(open: () => Promise<Device>, plan: GrowthPlan, policy: OptimizerPolicy): Promise<void> {
  await using device = await open();
  await assertStateGraph(plan, policy, async (graph, inputs) => {
    using executable = await device.compile(graph);
    const { fetched } = await executable.run(inputs, { fetch: graph.outputs.map(({ name }) => name) });
    return await fetched;
  });
  const state = randomState(plan);
  const expected = flatState(await growState(plan, state, { moments: policy }));
  const tensors: Record<string, DeviceTensor> = {};
  for (const [name, tensor] of Object.entries(flatState(state))) tensors[name] = await device.upload(tensor);
  const grown = await growOnDevice(device, plan, { updates: state.updates, tensors }, { policy });
  for (const [name, tensor] of Object.entries(grown.tensors)) {
    assertSameBits(await device.download(tensor), expected[name] as HostTensor, `${name}, grown where it is`);
    tensor.dispose();
  }
  const names = [Object.keys(grown.tensors), Object.keys(expected)].map((list) => list.toSorted().join());
  if (names[0] !== names[1]) throw new Error(`grew ${names[0]} instead of ${names[1]}`);
  const left = await device.memory();
  if (left.tensors + left.executables > 0) throw new Error(`left on the device: ${JSON.stringify(left)}`);
}

function randomState({ base: model }: GrowthPlan): TrainingState {
  const drawn = (what: string) =>
    Object.fromEntries(
      parameterTable(model).map(({ name, shape }) => {
        const data = new Float64Array(numel(shape));
        new Random(`${what}/${name}`).normals(data, 0, 0.3);
        return [name, hostTensor("f32", shape, Float32Array.from(data))];
      }),
    );
  return { updates: 3, parameters: drawn("w"), m: drawn("m"), v: drawn("v") };
}

function flatState({ parameters, m, v }: TrainingState): Record<string, HostTensor> {
  const named = (tensors: TrainingState["m"], rename: (name: string) => string) =>
    Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries([
    ...named(parameters, (name) => name),
    ...named(m, stateNames.m),
    ...named(v, stateNames.v),
  ]);
}
