// Graphs and tensors as JSON, for test cases that are kept. Ops are found by name; numbers keep their bits.
import { checkGraph } from "./check.js";
import { allocate, type DType, type HostTensor, hostTensor, type TensorType } from "./dtype.js";
import { CambiumError, type Reason } from "./errors.js";
import { everyOp } from "./every-op.js";
import type { Attrs, AttrValue, Graph, Node, Value } from "./graph.js";

export interface TensorJson extends TensorType {
  /** The bytes of the elements, little-endian, in base64. */
  readonly data: string;
}

type AttrJson = number | boolean | string | readonly number[] | TensorJson | { readonly number: string };

interface NodeJson {
  readonly op: string;
  readonly attrs?: Readonly<Record<string, AttrJson>>;
  /** Ids of values. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly scope?: string;
}

interface EdgeJson {
  readonly name: string;
  readonly value: number;
  readonly replaces?: string;
}

/** A graph as data that survives JSON. */
export interface GraphJson {
  /** The type of each value by its id. */
  readonly values: Readonly<Record<string, TensorType>>;
  readonly inputs: readonly EdgeJson[];
  readonly nodes: readonly NodeJson[];
  readonly outputs: readonly EdgeJson[];
}

export function graphToJson({ inputs, nodes, outputs }: Graph): GraphJson {
  const values = [...inputs.map(({ value }) => value), ...nodes.flatMap((node) => node.outputs)];
  const ids = (list: readonly Value[]) => list.map(({ id }) => id);
  return {
    values: Object.fromEntries(values.map(({ id, type: { dtype, shape } }) => [id, { dtype, shape }])),
    inputs: inputs.map(({ name, value }) => ({ name, value: value.id })),
    nodes: nodes.map((node) => ({
      op: node.op.name,
      ...(Object.keys(node.attrs).length > 0 && { attrs: attrsToJson(node.attrs) }),
      inputs: ids(node.inputs),
      outputs: ids(node.outputs),
      ...(node.scope !== undefined && { scope: node.scope }),
    })),
    outputs: outputs.map(({ value, ...edge }) => ({ ...edge, value: value.id })),
  };
}

/** @throws CambiumError `E_GRAPH` for an unknown op or value, or what `checkGraph` refuses. */
export function graphFromJson(json: GraphJson): Graph {
  const reasons: Reason[] = [];
  const values = new Map(Object.entries(json.values).map(([id, type]) => [Number(id), { id: Number(id), type }]));
  const valueAt = (id: number, where: string): Value => {
    const value = values.get(id);
    if (!value) reasons.push({ where, message: `value %${id} has no type` });
    return value ?? { id, type: { dtype: "f32", shape: [] } };
  };
  const edge = <E extends EdgeJson>({ value, ...rest }: E, kind: string) => ({
    ...rest,
    value: valueAt(value, `${kind} "${rest.name}"`),
  });
  const nodes = json.nodes.flatMap(({ op: name, attrs = {}, scope, ...node }, i): Node[] => {
    const where = `node ${i} (${name})`;
    const op = everyOp.find((known) => known.name === name);
    if (!op) reasons.push({ where, message: `there is no op "${name}" in this version of Cambium` });
    const [inputs, outputs] = [node.inputs, node.outputs].map((ids) => ids.map((id) => valueAt(id, where)));
    if (!op || !inputs || !outputs) return [];
    return [{ op, attrs: attrsFromJson(attrs), inputs, outputs, ...(scope !== undefined && { scope }) }];
  });
  const graph = {
    inputs: json.inputs.map((one) => edge(one, "input")),
    nodes,
    outputs: json.outputs.map((one) => edge(one, "output")),
  };
  if (reasons.length > 0) throw new CambiumError("E_GRAPH", "this JSON does not describe a graph", { reasons });
  checkGraph(graph);
  return graph;
}

export function tensorToJson({ dtype, shape, data }: HostTensor): TensorJson {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { dtype, shape, data: btoa(text) };
}

/** @throws CambiumError `E_SHAPE` when the data does not fill the shape. */
export function tensorFromJson({ dtype, shape, data }: TensorJson): HostTensor {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const width = allocate(dtype, 0).BYTES_PER_ELEMENT;
  const held = allocate(dtype as DType, Math.floor(bytes.length / width));
  new Uint8Array(held.buffer).set(bytes.subarray(0, held.byteLength));
  return hostTensor(dtype, shape, held as never);
}

function attrsToJson(attrs: Attrs): Record<string, AttrJson> {
  const entries = Object.entries(attrs).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, attrToJson(value as NonNullable<AttrValue>)]));
}

function attrToJson(value: NonNullable<AttrValue>): AttrJson {
  if (typeof value === "object" && "data" in value) return tensorToJson(value as HostTensor);
  // JSON has neither infinities, NaN nor −0.
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { number: Object.is(value, -0) ? "-0" : String(value) };
  return value as AttrJson;
}

function attrsFromJson(attrs: Readonly<Record<string, AttrJson>>): Attrs {
  return Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => {
      if (typeof value !== "object" || Array.isArray(value)) return [name, value as AttrValue];
      return [name, "number" in value ? Number(value.number) : tensorFromJson(value as TensorJson)];
    }),
  );
}
