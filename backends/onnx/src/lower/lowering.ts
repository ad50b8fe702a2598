// A lowering turns one node of the IR into nodes of an ONNX graph.
import type {
  CompositeAttrs,
  CompositeName,
  DType,
  Node,
  PrimitiveAttrs,
  PrimitiveName,
  TensorType,
} from "@cambium/ir";
import type { OnnxGraph } from "../onnx/graph.js";

/** `A`: the attributes of the node. */
export interface LoweringContext<A extends object = object> {
  readonly graph: OnnxGraph;
  /** ONNX names of the node's inputs. */
  readonly inputs: readonly string[];
  /** Types of the node's inputs and outputs. */
  readonly types: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly attrs: A;
  /** Whether anything reads each output. An unread output may be lowered to any name. */
  readonly read: readonly boolean[];
}

/** Appends nodes that compute the op and returns the ONNX names of its outputs. */
export type Lowering<A extends object = object> = (context: LoweringContext<A>) => string | readonly string[];

/** A lowering for every primitive, and for the composites that are lowered whole. */
export type PrimitiveLowerings = { readonly [Name in PrimitiveName]: Lowering<PrimitiveAttrs<Name>> };
export type CompositeLowerings = { readonly [Name in CompositeName]?: Lowering<CompositeAttrs<Name>> };

export function contextOf(
  graph: OnnxGraph,
  node: Node,
  inputs: readonly string[],
  read: readonly boolean[],
): LoweringContext<never> {
  return {
    graph,
    inputs,
    types: node.inputs.map(({ type }) => type),
    outputTypes: node.outputs.map(({ type }) => type),
    attrs: node.attrs as never,
    read,
  };
}

/** A lowering that is one node of ONNX type `type` over the same inputs. */
export function single(type: string): Lowering {
  return ({ graph, inputs }) => graph.node(type, inputs);
}

export function typeOf(context: LoweringContext, input: number): TensorType {
  return context.types[input] as TensorType;
}

export function nameOf(context: LoweringContext, input: number): string {
  return context.inputs[input] as string;
}

export function outputShape(context: LoweringContext, output = 0): readonly number[] {
  return (context.outputTypes[output] as TensorType).shape;
}

export function reshaped(graph: OnnxGraph, name: string, shape: readonly number[], dtype: DType = "f32"): string {
  return graph.reshape(name, { dtype, shape });
}
