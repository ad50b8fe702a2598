// A compiled graph on the engine: inputs into slots, the schedule, outputs out of slots.
import { type BuiltGraph, type Engaged, OpTimes, type RunInput } from "@cambium/backend";
import { causalAttention, causalAttentionGrad, type Graph } from "@cambium/ir";
import { type Compiled, compileGraph } from "../compile.js";
import type { Engine } from "../engines/engine.js";
import type { Values } from "../program/program.js";
import { disposeOwned, runSchedule } from "../program/run.js";
import type { TfTensor } from "../tfjs.js";
import { upload } from "./edge.js";

/** The values a run starts with, and the slots whose tensors it may not dispose. */
interface Bound {
  readonly values: Values;
  readonly borrowed: ReadonlySet<number>;
}

type Constants = ReadonlyMap<number, TfTensor>;

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export function buildGraph(engine: Engine, graph: Graph, profiling: boolean, inTurn: InTurn): BuiltGraph<TfTensor> {
  const compiled = compileGraph(graph, engine);
  const { nodes, plannedBytes, schedule } = compiled;
  const constants = uploadConstants(engine, compiled);
  const times = new OpTimes();
  // A view runs no kernel; a kernel is looked up in the backend that is active when it runs.
  const observe = (op: string, seconds: number) =>
    times.add(op, seconds, op === "view" ? undefined : engine.tf.getBackend());
  return {
    stats: { nodes, plannedBytes, engaged: engagedBy(engine, graph) },
    async run(inputs) {
      const { values, borrowed } = bind(engine, compiled, constants, inputs);
      const tensors = await inTurn(() =>
        runSchedule(engine, schedule, values, borrowed, profiling ? observe : undefined),
      );
      return { outputs: Object.fromEntries(graph.outputs.map(({ name }, i) => [name, tensors[i] as TfTensor])) };
    },
    ...(profiling && { profile: () => times.entries() }),
    dispose: () => disposeAll(constants),
  };
}

function engagedBy({ backendName, fused = false }: Engine, { nodes }: Graph): Engaged {
  const attends = nodes.some((node) => causalAttention.is(node) || causalAttentionGrad.is(node));
  return {
    replay: "plan",
    ...(attends && { attention: fused ? "fused" : "composed" }),
    features: [`${backendName} kernels`, ...(fused ? ["Cambium's ops"] : [])],
  };
}

function bind(
  engine: Engine,
  { slots, inputSlots }: Compiled,
  constants: Constants,
  inputs: readonly RunInput<TfTensor>[],
): Bound {
  const values: Values = new Array(slots).fill(undefined);
  const borrowed = new Set(constants.keys());
  for (const [slot, tensor] of constants) values[slot] = tensor;
  inputs.forEach(({ storage, consumed }, i) => {
    const slot = inputSlots[i] as number;
    values[slot] = storage;
    if (storage && !consumed) borrowed.add(slot);
  });
  try {
    inputs.forEach(({ host }, i) => {
      if (host) values[inputSlots[i] as number] = upload(engine, host);
    });
  } catch (error) {
    disposeOwned(values, borrowed);
    throw error;
  }
  return { values, borrowed };
}

/** Constants are uploaded once, for the executable's life. */
function uploadConstants(engine: Engine, { constants }: Compiled): Constants {
  const uploaded = new Map<number, TfTensor>();
  try {
    for (const { slot, host } of constants) uploaded.set(slot, upload(engine, host));
  } catch (error) {
    disposeAll(uploaded);
    throw error;
  }
  return uploaded;
}

function disposeAll(tensors: Constants): void {
  for (const tensor of tensors.values()) tensor.dispose();
}
