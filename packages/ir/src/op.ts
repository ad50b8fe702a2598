// The op contract: one definition says all there is to know about an op, and is itself the function that applies it.
import type { GraphBuilder } from "./builder.js";
import type { HostTensor, TensorType } from "./dtype.js";
import { CambiumError } from "./errors.js";
import type { RefTensor } from "./reference.js";
import type { Sample } from "./sample.js";
import { type Operand, Tensor } from "./tensor.js";

export type AttrValue = number | boolean | string | readonly number[] | HostTensor | undefined;
export type Attrs = Readonly<Record<string, AttrValue>>;

/** What a gradient rule sees: the op's own inputs and outputs, and for each output its cotangent (null: none). */
export interface VjpContext<A extends object = Attrs> {
  readonly builder: GraphBuilder;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly grads: readonly (Tensor | null)[];
  readonly attrs: A;
}

/** Cotangents of an op's inputs; null where it is not differentiable. */
export type Gradients = readonly (Tensor | null | undefined)[];

/**
 * An op as passes and backends see it. A *primitive* has `evaluate`; a *composite* has `decompose`, its meaning in
 * other ops, and a backend with a fast kernel may take it whole.
 */
export interface Op {
  readonly name: string;
  readonly kind: "primitive" | "composite";
  /** Names of the inputs in order, or `variadic` for one or more alike. */
  readonly inputs: readonly string[] | "variadic";
  /** Output types from input types. @throws CambiumError `E_SHAPE` / `E_DTYPE` naming the types at hand. */
  infer(types: readonly TensorType[], attrs: Attrs): readonly TensorType[];
  /** Cotangents of the inputs (null: not differentiable in that input), as graph. Absent: not differentiable. */
  readonly vjp?: ((context: VjpContext<Attrs>) => Gradients) | undefined;
  /** The reference: plain loops over float64. */
  readonly evaluate?: ((inputs: readonly RefTensor[], attrs: Attrs) => readonly Float64Array[]) | undefined;
  readonly decompose?: ((inputs: readonly Tensor[], attrs: Attrs) => readonly Tensor[]) | undefined;
  /**
   * Floating-point operations of one application; a multiply-add counts 2, data movement 0. Absent: one per output
   * element for a primitive, the sum over the decomposition for a composite (`cost.ts`).
   */
  readonly flops?: ((types: readonly TensorType[], attrs: Attrs, outputs: readonly TensorType[]) => number) | undefined;
  /** Inputs from which conformance tests are derived; their attributes have the defaults filled in. */
  readonly samples: readonly Sample[];
}

type Types<In> = In extends readonly string[] ? { readonly [K in keyof In]: TensorType } : readonly TensorType[];
type Tensors<In> = In extends readonly string[] ? { readonly [K in keyof In]: Tensor } : readonly Tensor[];
type Refs<In> = In extends readonly string[] ? { readonly [K in keyof In]: RefTensor } : readonly RefTensor[];
type Inputs = readonly string[] | "variadic";
type Outputs = readonly string[] | undefined;
type PerOutput<Out, One> = Out extends readonly string[] ? { readonly [K in keyof Out]: One } : One;

interface Definition<In extends Inputs, Out extends Outputs, Given extends object, A extends object> {
  readonly name: string;
  readonly inputs: In;
  /** Names of the outputs when there are several; a single output needs none. */
  readonly outputs?: Out;
  /** Checks attributes and fills in defaults. Absent: the op has none. */
  readonly attrs?: (given: Given) => A;
  /** One type, or one per name in `outputs`. */
  readonly infer: (types: Types<In>, attrs: A) => TensorType | readonly TensorType[];
  readonly vjp?: (context: Omit<VjpContext<A>, "inputs"> & { readonly inputs: Tensors<In> }) => Gradients;
  /** See `Op.flops`. */
  readonly flops?: (types: Types<In>, attrs: A, outputs: readonly TensorType[]) => number;
  readonly samples: readonly Sample<NoInfer<Given>>[];
}

export interface PrimitiveDefinition<In extends Inputs, Out extends Outputs, Given extends object, A extends object>
  extends Definition<In, Out, Given, A> {
  readonly evaluate: (
    inputs: Refs<In>,
    attrs: A,
    outputs: readonly TensorType[],
  ) => Float64Array | readonly Float64Array[];
}

export interface CompositeDefinition<In extends Inputs, Out extends Outputs, Given extends object, A extends object>
  extends Definition<In, Out, Given, A> {
  readonly decompose: (inputs: Tensors<In>, attrs: A) => Tensor | readonly Tensor[];
}

type OperandsOf<In> = In extends readonly []
  ? readonly [builder: GraphBuilder]
  : In extends readonly string[]
    ? { readonly [K in keyof In]: Operand }
    : readonly [inputs: readonly Tensor[]];
type AttrsOf<Given> = [keyof Given] extends [never]
  ? readonly []
  : Record<never, never> extends Given
    ? readonly [attrs?: Given]
    : readonly [attrs: Given];

/** A defined op: call it on tensors to append it to their graph; `.op` is what passes and backends read. */
export interface OpFunction<In extends Inputs, Out extends Outputs, Given extends object> {
  (...args: [...OperandsOf<In>, ...AttrsOf<Given>]): PerOutput<Out, Tensor>;
  readonly op: Op;
}

// biome-ignore lint/complexity/noBannedTypes: `{}` is the attribute type of an op without attributes
type NoAttrs = {};

/** Defines a primitive: about forty of these carry everything; a backend lowers each of them. */
export function definePrimitive<
  const In extends Inputs,
  const Out extends Outputs = undefined,
  Given extends object = NoAttrs,
  A extends object = Given,
>(definition: PrimitiveDefinition<In, Out, Given, A>): OpFunction<In, Out, Given> {
  return defineOp(definition, {
    kind: "primitive",
    evaluate: (inputs, attrs) => {
      const types = listed(definition.infer(inputs.map((x) => x.type) as unknown as Types<In>, attrs as A));
      return listed(definition.evaluate(inputs as Refs<In>, attrs as A, types));
    },
  });
}

/** Defines a composite: an op with a meaning in other ops, which backends may take whole. */
export function defineComposite<
  const In extends Inputs,
  const Out extends Outputs = undefined,
  Given extends object = NoAttrs,
  A extends object = Given,
>(definition: CompositeDefinition<In, Out, Given, A>): OpFunction<In, Out, Given> {
  return defineOp(definition, {
    kind: "composite",
    decompose: (inputs, attrs) => listed(definition.decompose(inputs as Tensors<In>, attrs as A)),
  });
}

function listed<T extends object>(result: T | readonly T[]): readonly T[] {
  return Array.isArray(result) ? result : [result as T];
}

function defineOp<In extends Inputs, Out extends Outputs, Given extends object, A extends object>(
  definition: Definition<In, Out, Given, A>,
  meaning: Pick<Op, "kind"> & Partial<Pick<Op, "evaluate" | "decompose">>,
): OpFunction<In, Out, Given> {
  const { name, inputs, outputs, vjp, flops } = definition;
  const complete = (given: object = {}) => (definition.attrs ? definition.attrs(given as Given) : given);
  const op: Op = {
    name,
    inputs,
    samples: definition.samples.map((sample) => ({ ...sample, attrs: complete(sample.attrs) })),
    infer: (types, attrs) => listed(definition.infer(types as Types<In>, attrs as A)),
    vjp: vjp as Op["vjp"],
    flops: flops as Op["flops"],
    ...meaning,
  };
  const apply = (...args: readonly unknown[]): unknown => {
    const count = inputs === "variadic" ? 1 : Math.max(inputs.length, 1);
    const { builder, operands } = resolve(name, inputs, args.slice(0, count));
    const results = builder.apply(op, operands, complete(args[count] as object | undefined) as Attrs);
    return outputs === undefined ? results[0] : results;
  };
  return Object.assign(apply, { op }) as unknown as OpFunction<In, Out, Given>;
}

function resolve(
  name: string,
  inputs: Inputs,
  args: readonly unknown[],
): { builder: GraphBuilder; operands: readonly Tensor[] } {
  if (inputs !== "variadic" && inputs.length === 0) return { builder: args[0] as GraphBuilder, operands: [] };
  const operands = (inputs === "variadic" ? args[0] : args) as readonly Operand[];
  const tensors = operands.filter((operand): operand is Tensor => operand instanceof Tensor);
  const first = tensors[0];
  if (first === undefined) {
    throw new CambiumError("E_OPERANDS", `${name}: at least one operand must be a tensor`, {
      got: operands.length === 0 ? "no operands" : operands.map(String).join(", "),
    });
  }
  const { builder } = first;
  const dtype = (tensors.find((tensor) => tensor.dtype !== "bool") ?? first).dtype;
  return {
    builder,
    operands: operands.map((operand) => (operand instanceof Tensor ? operand : builder.scalar(operand, dtype))),
  };
}
