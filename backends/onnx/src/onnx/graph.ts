// An ONNX graph under construction: nodes, small initializers, typed edges; then the bytes of its model.
import { create, toBinary } from "@bufbuild/protobuf";
import { type DType, numel, type TensorType } from "@cambium/ir";
import { heldAs } from "../edge.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type TypeProto,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx_pb.js";

/** ONNX Runtime's own operators. */
export const contrib = "com.microsoft";

/** Opset 23 brings Attention; IR version 11 goes with it. */
const opset = 23n;
const irVersion = 11n;

/** An integer, a list of integers, a string, or a float (marked as such, because ONNX distinguishes 1 from 1.0). */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

/** Element types of initializers; `i64` is ONNX's own, for shapes and axes. */
type ConstantType = "f32" | "i32" | "i64" | "bool";

interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

export interface NodeOptions {
  readonly domain?: string;
  /** The outputs; null for one that is not wanted. */
  readonly outputs?: readonly (true | null)[];
}

export class OnnxGraph {
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, TensorProto>();
  readonly #external: TensorProto[] = [];
  readonly #known: ValueInfoProto[] = [];
  readonly #once = new Map<string, unknown>();
  #awaited: string[] = [];
  #next = 0;

  /** Number of nodes so far. */
  get size(): number {
    return this.#nodes.length;
  }

  input(name: string, type: TensorType): void {
    this.#inputs.push(valueInfo(name, type));
  }

  output(name: string, type: TensorType): void {
    this.#outputs.push(valueInfo(name, type));
  }

  /** Appends an output that is not a tensor but an empty sequence of f32 tensors, and returns its name. */
  sequenceOutput(): string {
    const name = this.node("SequenceEmpty", []);
    const elemType = typeProto({ dtype: "f32", shape: [] });
    const type = create(TypeProtoSchema, { value: { case: "sequenceType", value: { elemType } } });
    this.#outputs.push(create(ValueInfoProtoSchema, { name, type }));
    return name;
  }

  /** Appends a node with one output and returns that value's name. An empty input name leaves an optional input out. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = "",
  ): string {
    return this.nodes(type, inputs, attributes, { domain })[0] as string;
  }

  /** Appends a node with several outputs and returns their names; an unwanted one has the empty name. */
  nodes(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    { domain = "", outputs: wanted = [true] }: NodeOptions = {},
  ): string[] {
    const outputs = wanted.map((want) => (want ? `t${this.#next++}` : ""));
    const encoded = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    this.#nodes.push({ type, domain, inputs, outputs, attributes: encoded });
    return outputs;
  }

  /** A small tensor that is part of the model. Equal ones are shared. */
  constant(dtype: ConstantType, shape: readonly number[], values: ArrayLike<number>): string {
    const rawData = bytesOf(dtype, values);
    const key = `${dtype}[${shape}]${Buffer.from(rawData).toString("base64")}`;
    let held = this.#constants.get(key);
    if (!held) {
      const name = `c${this.#constants.size}`;
      held = create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: constantTypes[dtype], rawData });
      this.#constants.set(key, held);
    }
    return held.name;
  }

  /** An initializer whose f32 data is given with the model, under its name. */
  external(name: string, { shape }: TensorType): void {
    const dims = shape.map(BigInt);
    const parts = { location: name, offset: 0, length: 4 * numel(shape) };
    const externalData = Object.entries(parts).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value: String(value) }),
    );
    const dataLocation = DataLocation.EXTERNAL;
    this.#external.push(
      create(TensorProtoSchema, { name, dims, dataType: constantTypes.f32, externalData, dataLocation }),
    );
  }

  scalar(value: number): string {
    return this.constant("f32", [], [value]);
  }

  /** A list of int64, as ONNX takes shapes, axes and split points. */
  ints(values: readonly number[]): string {
    return this.constant("i64", [values.length], values);
  }

  /** What `make` returned when `key` was first asked for: the name of a value, or names of several. */
  once<T extends string | readonly string[]>(key: string, make: () => T): T {
    const known = (this.#once.get(key) as T | undefined) ?? make();
    this.#once.set(key, known);
    return known;
  }

  /** `name` in another shape; nothing moves. */
  reshape(name: string, type: TensorType): string {
    const shape = this.ints(type.shape);
    if (this.#awaited.length === 0) return this.node("Reshape", [name, shape]);
    const waits = this.#awaited.map((awaited) => this.node("Shape", [awaited], { start: 0, end: 0 }));
    this.#awaited = [];
    const reshaped = this.node("Reshape", [name, this.node("Concat", [...waits, shape], { axis: 0 })]);
    this.#known.push(valueInfo(reshaped, type));
    return reshaped;
  }

  /**
   * Makes ONNX Runtime compute `name` before the nodes that follow. ONNX Runtime orders nodes backwards from the results
   * that nothing reads, the last one first. Without this it would compute all gradients of weights at the very end and
   * keep every activation alive (and out of the caches) until then. The next `reshape` therefore reads an empty piece of
   * this value's shape.
   */
  await(name: string): void {
    this.#awaited.push(name);
  }

  /** The model's bytes. */
  encode(): Uint8Array<ArrayBuffer> {
    const node = this.#nodes.map(({ type, domain, inputs, outputs, attributes }, i) => ({
      name: `${type}_${i}`,
      opType: type,
      domain,
      input: [...inputs],
      output: [...outputs],
      attribute: [...attributes],
    }));
    const model = create(ModelProtoSchema, {
      irVersion,
      producerName: "cambium",
      opsetImport: [
        { domain: "", version: opset },
        { domain: contrib, version: 1n },
      ],
      graph: {
        name: "cambium",
        node,
        initializer: [...this.#constants.values(), ...this.#external],
        input: this.#inputs,
        output: this.#outputs,
        valueInfo: this.#known,
      },
    });
    return toBinary(ModelProtoSchema, model);
  }
}

const constantTypes = { f32: DataType.FLOAT, i32: DataType.INT32, i64: DataType.INT64, bool: DataType.BOOL };

function valueInfo(name: string, type: TensorType): ValueInfoProto {
  return create(ValueInfoProtoSchema, { name, type: typeProto(type) });
}

function typeProto({ dtype, shape }: TensorType): TypeProto {
  const dim = shape.map((n) => ({ value: { case: "dimValue" as const, value: BigInt(n) } }));
  const value = { elemType: constantTypes[heldAs[dtype]], shape: { dim } };
  return create(TypeProtoSchema, { value: { case: "tensorType", value } });
}

function bytesOf(dtype: ConstantType, values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const array =
    dtype === "i64"
      ? BigInt64Array.from(Array.from(values), BigInt)
      : dtype === "f32"
        ? Float32Array.from(values)
        : dtype === "i32"
          ? Int32Array.from(values)
          : Uint8Array.from(values);
  return new Uint8Array(array.buffer);
}

function attribute(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  if ("float" in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

/** ONNX's code of an element type, e.g. for Cast. */
export function elementType(dtype: DType | "i64"): number {
  const storage = { f16: DataType.FLOAT16, bf16: DataType.BFLOAT16 };
  return dtype === "f16" || dtype === "bf16" ? storage[dtype] : constantTypes[dtype];
}
