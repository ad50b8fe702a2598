// What a lowering is: from one node of the IR to kernels.
import type { Attrs, Node } from "@cambium/ir";
import type { Kernels } from "../kernels/kernels.js";
import type { Ref } from "../program/program.js";

export interface LoweringContext {
  readonly kernels: Kernels;
  readonly node: Node;
  readonly inputs: readonly Ref[];
  readonly attrs: Attrs;
}

/** Appends what computes the node and returns the values of its outputs. */
export type Lowering = (context: LoweringContext) => Ref | readonly Ref[];

export function operand({ inputs }: LoweringContext, i: number): Ref {
  return inputs[i] as Ref;
}

/** The shape of an output. */
export function shapeOf({ node }: LoweringContext, output = 0): readonly number[] {
  return (node.outputs[output] as Node["outputs"][number]).type.shape;
}

export function list(value: unknown): readonly number[] {
  return value as readonly number[];
}
