// Growth of a training state on its device, without a round trip through host memory.
import type { Device, DeviceTensor } from "@cambium/backend";
import {
  applyPlan,
  type GrowthPlan,
  givenName,
  growMoments,
  type OptimizerPolicy,
  type PlanGraph,
  stateGraph,
  updatesAfter,
} from "@cambium/growth";
import { type HostTensor, hostTensor } from "@cambium/ir";
import { type DeviceTrainingState, stateNames } from "@cambium/model";

type HostTensors = Readonly<Record<string, HostTensor>>;

export interface DeviceGrowthOptions {
  /** What becomes of the moments. */
  readonly policy: OptimizerPolicy;
  /**
   * Where tensors that need arithmetic (factors, sums, products) are made. `host`: in float64, rounded once, so that
   * the grown state has the same bits on every device; their sources are downloaded and their results uploaded.
   * `device`: in the device's f32, without downloads. Copies, joins and new entries are exact and made on the device
   * either way. Default `host`.
   */
  readonly arithmetic?: "host" | "device";
}

/** A growth that is compiled and waits for the state. */
export interface DeviceGrowth {
  /** Names of the target tensors that are made on the host; empty if the device makes all. */
  readonly onHost: readonly string[];
  /**
   * Returns the grown state. The given state is consumed, even if this fails.
   * @param found what was found for the plan's `given` tensors, by name (`find`)
   * @throws CambiumError from the device; `E_GROWTH_SOURCE` for a tensor of another shape than the plan's.
   */
  grow(state: DeviceTrainingState, found?: Readonly<Record<string, HostTensor>>): Promise<DeviceTrainingState>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Compiles the growth of states of `plan.base`.
 * @throws CambiumError `E_GROWTH_PLAN`, `E_GROWTH_MOMENTS` as `stateGraph`; from the device's `compile`.
 */
export async function prepareGrowth(
  device: Device,
  plan: GrowthPlan,
  { policy, arithmetic = "host" }: DeviceGrowthOptions,
): Promise<DeviceGrowth> {
  const made = stateGraph(plan, policy, { exactOnly: arithmetic === "host" });
  const executable = await device.compile(made.graph);
  const dispose = () => executable.dispose();
  return {
    onHost: made.computed,
    grow: async (state, found = {}) => {
      const fresh: Record<string, DeviceTensor> = {};
      try {
        for await (const [name, tensor] of onHost(device, plan, policy, made.computed, state, found))
          fresh[name] = await device.upload(tensor);
        const { outputs } = await executable.run(inputsOf(made, state, found));
        const { updates, lossScale } = state;
        const tensors = { ...outputs, ...fresh };
        return { tensors, updates: updatesAfter(policy, updates), ...(lossScale && { lossScale }) };
      } catch (error) {
        for (const tensor of Object.values(fresh)) tensor.dispose();
        throw error;
      } finally {
        // What the graph kept in place is consumed already; disposing that is allowed.
        for (const tensor of Object.values(state.tensors)) tensor.dispose();
      }
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** `prepareGrowth`, carried out at once. */
export async function growOnDevice(
  device: Device,
  plan: GrowthPlan,
  state: DeviceTrainingState,
  options: DeviceGrowthOptions,
  found: HostTensors = {},
): Promise<DeviceTrainingState> {
  using growth = await prepareGrowth(device, plan, options);
  return await growth.grow(state, found);
}

/** The state's tensors that the graph reads; a parameter without moments (it was frozen) counts as having zeros. */
function inputsOf({ graph, leaves }: PlanGraph, { tensors }: DeviceTrainingState, found: HostTensors) {
  const given = new Map(Object.entries(found).map(([name, tensor]) => [givenName(name), tensor]));
  return Object.fromEntries(
    graph.inputs.map(({ name, value }) => [
      name,
      tensors[name] ?? leaves.get(name)?.() ?? given.get(name) ?? hostTensor("f32", value.type.shape),
    ]),
  );
}

/** The target's `computed` tensors by their names in the state, in float64 rounded once. */
async function* onHost(
  device: Device,
  plan: GrowthPlan,
  policy: OptimizerPolicy,
  computed: readonly string[],
  { tensors, updates }: DeviceTrainingState,
  found: HostTensors,
): AsyncGenerator<readonly [string, HostTensor]> {
  if (computed.length === 0) return;
  const only = new Set(computed);
  const source = (rename: (name: string) => string) => ({
    get: async (name: string) => {
      const tensor = tensors[rename(name)];
      return tensor && (await device.download(tensor));
    },
  });
  yield* applyPlan(
    plan,
    source((name) => name),
    { found: { get: (name) => found[name] }, dtype: "f32", only },
  );
  const { m, v } = stateNames;
  const moments = { updates, m: source(m), v: source(v) };
  const renamed = new Set(Object.keys(plan.tensors).filter((name) => only.has(m(name))));
  for await (const [name, grown] of growMoments(plan, moments, policy, { only: renamed }).tensors) {
    yield [m(name), grown.m];
    yield [v(name), grown.v];
  }
}
