// Elementwise work on four neighbouring elements at once, where it only takes operators that vec4 and f32 share.
import {
  add,
  cast,
  constant,
  div,
  isFloat,
  mul,
  type Node,
  numel,
  type Op,
  reshape,
  sub,
  type Value,
} from "@cambium/ir";
import type { Fusion } from "../compile/fusion.js";
import { literalOf } from "../lower/views.js";
import type { FunctionName } from "./functions.js";

const operators: ReadonlyMap<Op, string> = new Map<Op, string>([
  [add.op, "+"],
  [div.op, "/"],
  [mul.op, "*"],
  [sub.op, "-"],
]);

/** Reads of values in memory: four elements of one as large as the result, or the one element of a scalar. */
export interface FourReader {
  four(value: Value): string;
  one(value: Value): string;
  /** Notes that the WGSL calls this function. */
  use(name: FunctionName): void;
}

/**
 * WGSL of four elements of `end`, given that those of `start` are `four`; undefined where it takes more than arithmetic
 * on values of one size and scalars.
 */
export function fourOf(end: Value, start: Value, four: string, fusion: Fusion, reader: FourReader): string | undefined {
  const size = numel(end.type.shape);
  const write = (value: Value): string | undefined => {
    const home = fusion.home(value);
    if (home === start) return four;
    if (!isFloat(value.type.dtype)) return undefined;
    const count = numel(value.type.shape);
    const made = value === end ? fusion.maker(value) : (fusion.expression(value) ?? fusion.expression(home));
    if (made) return writeNode(made.node, value, count === size);
    return count === size ? reader.four(value) : count === 1 ? reader.one(value) : undefined;
  };
  /** @param whole whether the value has as many elements as the result */
  const writeNode = (node: Node, value: Value, whole: boolean): string | undefined => {
    if (reshape.is(node)) return write(node.inputs[0] as Value);
    if (constant.is(node)) return literalOf(node);
    if (!whole) return undefined;
    if (cast.is(node)) {
      const x = write(node.inputs[0] as Value);
      if (x === undefined || value.type.dtype !== "f16") return x;
      reader.use("half4");
      return `half4(${x})`;
    }
    const operator = operators.get(node.op);
    if (operator === undefined) return undefined;
    const [a, b] = node.inputs.map(write);
    return a === undefined || b === undefined ? undefined : `(${a} ${operator} ${b})`;
  };
  return write(end);
}
