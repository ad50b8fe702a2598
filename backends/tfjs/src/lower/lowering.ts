// A lowering turns one node of the IR into kernels.
import type { CompositeAttrs, CompositeName, Node, PrimitiveAttrs, PrimitiveName } from "@cambium/ir";
import type { Kernels } from "../kernels/kernels.js";
import type { Ref } from "../program/program.js";

/** `A`: the attributes of the node. */
export interface LoweringContext<A extends object = object> {
  readonly kernels: Kernels;
  readonly node: Node;
  readonly inputs: readonly Ref[];
  readonly attrs: A;
}

/** Appends the instructions that compute the node, and returns the values of its outputs. */
export type Lowering<A extends object = object> = (context: LoweringContext<A>) => Ref | readonly Ref[];

/** A lowering for every primitive, and for the composites that are lowered whole. */
export type PrimitiveLowerings = { readonly [Name in PrimitiveName]: Lowering<PrimitiveAttrs<Name>> };
export type CompositeLowerings = { readonly [Name in CompositeName]?: Lowering<CompositeAttrs<Name>> };

export function operand({ inputs }: LoweringContext, i: number): Ref {
  return inputs[i] as Ref;
}

/** The shape of an output. */
export function shapeOf({ node }: LoweringContext, output = 0): readonly number[] {
  return (node.outputs[output] as Node["outputs"][number]).type.shape;
}
