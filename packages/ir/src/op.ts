// Defines ops: one definition states every fact about an op, and gives the function that applies it.
import type { TensorType } from "./dtype.js";
import { CambiumError } from "./errors.js";
import {
  type Accuracy,
  type Attrs,
  type Builder,
  type CompositeOp,
  type Gradients,
  type Node,
  type Op,
  type Operand,
  type OpFacts,
  type PrimitiveOp,
  Tensor,
  type VjpContext,
} from "./graph.js";
import type { RefTensor } from "./ref-tensor.js";
import type { Sample } from "./sample.js";

type Inputs = readonly string[] | "variadic";
type Outputs = readonly string[] | undefined;
type PerInput<In, One> = In extends readonly string[] ? { readonly [K in keyof In]: One } : readonly One[];
type PerOutput<Out, One> = Out extends readonly string[] ? { readonly [K in keyof Out]: One } : One;

interface Definition<In extends Inputs, Out extends Outputs, Given extends object, A extends object> {
  readonly name: string;
  readonly inputs: In;
  /** Names of the outputs when there are several; a single output needs none. */
  readonly outputs?: Out;
  /** Checks attributes and fills in defaults. Absent: the op has none. */
  readonly attrs?: (given: Given) => A;
  /** One type, or one per name in `outputs`. */
  readonly infer: (types: PerInput<In, TensorType>, attrs: A) => TensorType | readonly TensorType[];
  readonly vjp?: (context: Omit<VjpContext<A>, "inputs"> & { readonly inputs: PerInput<In, Tensor> }) => Gradients;
  /** See `OpFacts.flops`. */
  readonly flops?: (types: PerInput<In, TensorType>, attrs: A, outputs: readonly TensorType[]) => number;
  /** See `OpFacts.matrix`. Default false. */
  readonly matrix?: boolean;
  /** Names of the inputs of `OpFacts.stored`. Default none. */
  readonly stored?: In extends readonly string[] ? readonly In[number][] : never;
  /** See `OpFacts.repeats`. */
  readonly repeats?: (scalars: PerInput<In, number | undefined>) => number | undefined;
  /** See `OpFacts.accuracy`. */
  readonly accuracy?: Accuracy;
  readonly samples: readonly Sample<NoInfer<Given>>[];
}

export interface PrimitiveDefinition<In extends Inputs, Out extends Outputs, Given extends object, A extends object>
  extends Definition<In, Out, Given, A> {
  readonly evaluate: (
    inputs: PerInput<In, RefTensor>,
    attrs: A,
    outputs: readonly TensorType[],
  ) => Float64Array | readonly Float64Array[];
}

export interface CompositeDefinition<In extends Inputs, Out extends Outputs, Given extends object, A extends object>
  extends Definition<In, Out, Given, A> {
  readonly decompose: (inputs: PerInput<In, Tensor>, attrs: A) => Tensor | readonly Tensor[];
}

type OperandsOf<In> = In extends readonly []
  ? readonly [builder: Builder]
  : In extends readonly string[]
    ? { readonly [K in keyof In]: Operand }
    : readonly [inputs: readonly Tensor[]];
type GivenAttrs<Given> = [keyof Given] extends [never]
  ? readonly []
  : Record<never, never> extends Given
    ? readonly [attrs?: Given]
    : readonly [attrs: Given];

/** A defined op: call it on tensors to append it to their graph; `.op` is what passes and backends read. */
export interface OpFunction<
  In extends Inputs,
  Out extends Outputs,
  Given extends object,
  A extends object,
  Kind extends Op = Op,
> {
  (...args: [...OperandsOf<In>, ...GivenAttrs<Given>]): PerOutput<Out, Tensor>;
  readonly op: Kind;
  /** Whether a node is of this op. Compares names, because a plugin may bring its own copy of this package. */
  is(node: Pick<Node, "op"> | undefined): boolean;
  /** The attributes of a node of this op, defaults filled in. @throws TypeError for a node of another op. */
  attrsOf(node: Pick<Node, "op" | "attrs">): A;
}

/** The attributes that nodes of a defined op have, e.g. `AttrsOf<typeof matmul>`. */
export type AttrsOf<F extends { attrsOf(node: Node): object }> = ReturnType<F["attrsOf"]>;

// biome-ignore lint/complexity/noBannedTypes: `{}` is the attribute type of an op without attributes
type NoAttrs = {};

/** Defines a primitive. There are about forty; a backend lowers each of them. */
export function definePrimitive<
  const In extends Inputs,
  const Out extends Outputs = undefined,
  Given extends object = NoAttrs,
  A extends object = Given,
>(definition: PrimitiveDefinition<In, Out, Given, A>): OpFunction<In, Out, Given, A, PrimitiveOp> {
  return opFunction(definition, {
    ...factsOf(definition),
    kind: "primitive",
    evaluate: (inputs, attrs) => {
      const types = listed(definition.infer(inputs.map((x) => x.type) as never, attrs as A));
      return listed(definition.evaluate(inputs as never, attrs as A, types));
    },
  });
}

/** Defines a composite: an op made of other ops, which a backend may take whole. */
export function defineComposite<
  const In extends Inputs,
  const Out extends Outputs = undefined,
  Given extends object = NoAttrs,
  A extends object = Given,
>(definition: CompositeDefinition<In, Out, Given, A>): OpFunction<In, Out, Given, A, CompositeOp> {
  return opFunction(definition, {
    ...factsOf(definition),
    kind: "composite",
    decompose: (inputs, attrs) => listed(definition.decompose(inputs as never, attrs as A)),
  });
}

function listed<T extends object>(result: T | readonly T[]): readonly T[] {
  return Array.isArray(result) ? result : [result as T];
}

/** The facts without the types of inputs and attributes: passes know an op only at run time. */
function factsOf<In extends Inputs, Out extends Outputs, Given extends object, A extends object>(
  definition: Definition<In, Out, Given, A>,
): OpFacts {
  const { name, inputs, vjp, flops, matrix = false, stored = [], repeats, accuracy } = definition;
  return {
    name,
    inputs,
    matrix,
    stored: stored.map((input) => (inputs as readonly string[]).indexOf(input)),
    infer: (types, attrs) => listed(definition.infer(types as never, attrs as A)),
    vjp: vjp as OpFacts["vjp"],
    flops: flops as OpFacts["flops"],
    repeats: repeats as OpFacts["repeats"],
    accuracy,
    samples: definition.samples.map((sample) => ({ ...sample, attrs: complete(definition, sample.attrs) })),
  };
}

/** The attributes as nodes hold them. */
function complete<Given extends object, A extends object>(
  { attrs }: { readonly attrs?: (given: Given) => A },
  given: object = {},
): Attrs {
  return (attrs ? attrs(given as Given) : given) as Attrs;
}

function opFunction<In extends Inputs, Out extends Outputs, Given extends object, A extends object, Kind extends Op>(
  definition: Definition<In, Out, Given, A>,
  op: Kind,
): OpFunction<In, Out, Given, A, Kind> {
  const { name, inputs, outputs } = definition;
  const apply = (...args: readonly unknown[]): unknown => {
    const count = inputs === "variadic" ? 1 : Math.max(inputs.length, 1);
    const { builder, operands } = resolve(name, inputs, args.slice(0, count));
    const results = builder.apply(op, operands, complete(definition, args[count] as object | undefined));
    return outputs === undefined ? results[0] : results;
  };
  const is = (node: Pick<Node, "op"> | undefined) => node?.op.name === name;
  const attrsOf = (node: Pick<Node, "op" | "attrs">): A => {
    if (!is(node)) throw new TypeError(`a node of op "${node.op.name}" does not have the attributes of "${name}"`);
    return node.attrs as A;
  };
  return Object.assign(apply, { op, is, attrsOf }) as OpFunction<In, Out, Given, A, Kind>;
}

function resolve(
  name: string,
  inputs: Inputs,
  args: readonly unknown[],
): { builder: Builder; operands: readonly Tensor[] } {
  if (inputs !== "variadic" && inputs.length === 0) return { builder: args[0] as Builder, operands: [] };
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
