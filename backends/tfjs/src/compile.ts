// From a graph to a schedule: optimise, lower node by node, decide when each tensor is disposed.
import { CambiumError, type Graph, type HostTensor, type Node, optimize, type Value } from "@cambium/ir";
import { type Engine, heldBy } from "./engines/engine.js";
import { kernelsFor } from "./kernels/index.js";
import { hasLowering, lower } from "./lower/index.js";
import { Program, type Ref } from "./program/program.js";
import { type Schedule, schedule } from "./program/schedule.js";
import type { TfDType } from "./tfjs.js";

export interface Compiled {
  /** How many slots a run needs. */
  readonly slots: number;
  /** The slot of each graph input, in order. */
  readonly inputSlots: readonly number[];
  readonly constants: readonly { readonly slot: number; readonly host: HostTensor }[];
  readonly schedule: Schedule;
  readonly nodes: number;
  readonly plannedBytes: number;
}

/** @throws CambiumError `E_UNSUPPORTED` with an op that this backend or this engine cannot compute. */
export function compileGraph(source: Graph, engine: Engine): Compiled {
  const graph = optimize(source, { keep: (op) => hasLowering(op) });
  const program = new Program(engine);
  const kernels = kernelsFor(program);
  const held = heldBy(engine);
  const refs = new Map<number, Ref>();
  const inputs = graph.inputs.map(({ value }) => {
    const ref = program.slot({ shape: value.type.shape, dtype: held[value.type.dtype] });
    refs.set(value.id, ref);
    return ref;
  });
  for (const node of graph.nodes) {
    const results = lowered(
      node,
      node.inputs.map((value) => refs.get(value.id) as Ref),
    );
    node.outputs.forEach((value, i) =>
      refs.set(value.id, conforming(node, value, held[value.type.dtype], results[i] as Ref)),
    );
  }
  const outputs = graph.outputs.map(({ value }) => refs.get(value.id) as Ref);
  const plan = schedule(program, inputs, outputs, (ref) => kernels.copy(ref));
  return {
    slots: program.types.length,
    inputSlots: inputs.map(({ slot }) => slot),
    constants: program.constants.map(({ slot, type, data }) => {
      const dtype = type.dtype === "float32" ? "f32" : type.dtype === "int32" ? "i32" : "bool";
      return { slot, host: { dtype, shape: type.shape, data } as HostTensor };
    }),
    schedule: plan,
    nodes: plan.steps.filter(({ instruction }) => instruction.op !== "view").length,
    plannedBytes: plan.plannedBytes,
  };

  function lowered(node: Node, operands: readonly Ref[]): readonly Ref[] {
    const result = lower({ kernels, node, inputs: operands });
    const results = "slot" in result ? [result] : result;
    program.note(results, { op: node.op.name, inputs: operands });
    return results;
  }
}

/**
 * @throws CambiumError `E_GRAPH` if a lowering makes a type other than its node's, which is a defect of the lowering.
 */
function conforming({ op }: Node, { type }: Value, held: TfDType, ref: Ref): Ref {
  if (`${ref.shape}` === `${type.shape}` && ref.dtype === held) return ref;
  throw new CambiumError("E_GRAPH", `the lowering of ${op.name} makes another type`, {
    expected: `${held}[${type.shape}]`,
    got: `${ref.dtype}[${ref.shape}]`,
  });
}
