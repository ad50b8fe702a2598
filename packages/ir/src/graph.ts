// The graph: static-shape SSA. Each value is defined once, nodes are in topological order, inputs and outputs have
// names. Tensor, Op, Node and Builder refer to each other, so this file declares all four; it computes nothing.
import { isBranded } from "./brand.js";
import type { DType, HostTensor, TensorType } from "./dtype.js";
import type { RefTensor } from "./ref-tensor.js";
import type { Sample } from "./sample.js";

/** One SSA value. `id` is unique within its graph. */
export interface Value {
  readonly id: number;
  readonly type: TensorType;
}

const brand: unique symbol = Symbol.for("@cambium/ir Tensor");

/**
 * What ops take and return while a graph is being built: a value and the builder that can use it. It holds no numbers.
 */
export class Tensor {
  constructor(
    readonly builder: Builder,
    readonly value: Value,
  ) {}

  static [Symbol.hasInstance](value: unknown): value is Tensor {
    return isBranded(value, brand);
  }

  get [brand](): true {
    return true;
  }

  get type(): TensorType {
    return this.value.type;
  }

  get shape(): readonly number[] {
    return this.value.type.shape;
  }

  get dtype(): DType {
    return this.value.type.dtype;
  }
}

/** An op's operand: a tensor, or a number that stands for a scalar constant of the other operands' dtype. */
export type Operand = Tensor | number;

export type AttrValue = number | boolean | string | readonly number[] | HostTensor | undefined;
export type Attrs = Readonly<Record<string, AttrValue>>;

/** What a gradient rule gets: the op's inputs and outputs, and for each output its cotangent (null: none). */
export interface VjpContext<A extends object = Attrs> {
  readonly builder: Builder;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly grads: readonly (Tensor | null)[];
  readonly attrs: A;
}

/** Cotangents of an op's inputs; null for an input that it is not differentiable in. */
export type Gradients = readonly (Tensor | null | undefined)[];

/** How far a device may be off in one element of a float output, in addition to the effect of rounding its inputs. */
export interface Accuracy {
  /** Units in the last place of the result; 0: devices compute it exactly. Default 1. */
  readonly ulps?: number;
  /** The least magnitude that the units count from: 1 for a function that is only good absolutely near its zeros. */
  readonly least?: number;
  /** Most terms that one element sums. Default: the operations per element (`flops`). */
  readonly terms?: (types: readonly TensorType[]) => number;
}

/** The facts that every op states about itself, in its own file. */
export interface OpFacts {
  readonly name: string;
  /** Names of the inputs in order, or `variadic` for one or more of a kind. */
  readonly inputs: readonly string[] | "variadic";
  /** Output types from input types. @throws CambiumError `E_SHAPE` / `E_DTYPE` naming the types. */
  infer(types: readonly TensorType[], attrs: Attrs): readonly TensorType[];
  /**
   * Cotangents of the inputs, as graph (null: not differentiable in that input). Absent: not differentiable.
   * The rules of sin and cos, gather and scatterAdd, pad and slice, broadcast and reduceSum apply each other, because
   * each of a pair is the other's transpose (or derivative). Their files therefore import each other; no others may.
   */
  readonly vjp?: ((context: VjpContext<Attrs>) => Gradients) | undefined;
  /**
   * Floating-point operations of one application; a multiply-add counts 2, data movement 0. Absent: one per output
   * element for a primitive, the sum over the decomposition for a composite (`cost.ts`).
   */
  readonly flops?: ((types: readonly TensorType[], attrs: Attrs, outputs: readonly TensorType[]) => number) | undefined;
  /** Whether all of `flops` is matrix work. If false for a composite, the matrix work of its decomposition counts. */
  readonly matrix: boolean;
  /**
   * Indices of the inputs that mixed precision stores in f16: what the op multiplies, and what a backward pass keeps
   * for it. The op accepts them in half precision and returns f32.
   */
  readonly stored: readonly number[];
  /**
   * Index of the input whose elements the op returns unchanged, if there is one: `x · 1`, `x + 0`, a reshape. `scalars`
   * has the value of each input that is a scalar constant. Callers must check that the output has that input's type.
   */
  readonly repeats?: ((scalars: readonly (number | undefined)[]) => number | undefined) | undefined;
  /**
   * How far a device may be off in a float output. Absent: one unit in the last place for each operation
   * (`errorBounds`).
   */
  readonly accuracy?: Accuracy | undefined;
  /** Inputs from which conformance tests are derived; their attributes have the defaults filled in. */
  readonly samples: readonly Sample[];
}

/** An op that every backend lowers. */
export interface PrimitiveOp extends OpFacts {
  readonly kind: "primitive";
  /** The reference: plain loops over float64. */
  evaluate(inputs: readonly RefTensor[], attrs: Attrs): readonly Float64Array[];
}

/**
 * An op that is made of other ops. A backend with a fast kernel may take it whole; the others get the decomposition.
 */
export interface CompositeOp extends OpFacts {
  readonly kind: "composite";
  /** Appends the ops that this op is made of to the graph of its inputs, and returns its outputs. */
  decompose(inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[];
}

/** An op as passes and backends see it. */
export type Op = PrimitiveOp | CompositeOp;

export interface Node {
  readonly op: Op;
  readonly attrs: Attrs;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Where in the model the node belongs, e.g. `layers.3.mlp`; for profiles and printing only. */
  readonly scope?: string;
}

/** What appends nodes to a graph (`GraphBuilder`), as ops, gradient rules and decompositions use it. */
export interface Builder {
  /** Appends one application of `op`; call the op itself where you can. */
  apply(op: Op, inputs: readonly Tensor[], attrs: Attrs): Tensor[];
  /** A constant held in the graph. */
  constant(value: HostTensor): Tensor;
  /** A scalar constant, f32 by default; equal ones are shared. */
  scalar(value: number, dtype?: DType): Tensor;
  /** Runs `build` with nodes labelled `scope`, within the scope it is called in. */
  scope<T>(scope: string, build: () => T): T;
  /** Runs `build` with nodes labelled `scope` exactly, or not at all. */
  withScope<T>(scope: string | undefined, build: () => T): T;
}

export interface GraphInput {
  readonly name: string;
  readonly value: Value;
}

export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
  /**
   * Name of the input whose storage this output takes over: state such as parameters and moments. A run consumes the
   * input, so that a backend may update it in place.
   */
  readonly replaces?: string;
}

export interface Graph {
  readonly inputs: readonly GraphInput[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
}
