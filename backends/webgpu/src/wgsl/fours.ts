// Elementwise work on four neighbouring elements at once, where it is made of what vec4 and f32 share operators for.
import { isFloat, numel, type Value } from "@cambium/ir";
import type { Fusion } from "../compile/fusion.js";
import type { FunctionName } from "./functions.js";

const operators: Readonly<Record<string, string>> = { add: "+", div: "/", mul: "*", sub: "-" };

/** Reads of values in memory: four elements of one as large as the result, or the one element of a scalar. */
export interface FourReader {
  four(value: Value): string;
  one(value: Value): string;
  /** Says that the WGSL calls this function. */
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
    if (!made) return count === size ? reader.four(value) : count === 1 ? reader.one(value) : undefined;
    const { node } = made;
    if (node.op.name === "reshape") return write(node.inputs[0] as Value);
    if (node.op.name === "constant") return made.lowering.element(node, undefined as never, undefined as never);
    if (node.op.name === "cast" && count === size) {
      const x = write(node.inputs[0] as Value);
      if (x === undefined || value.type.dtype !== "f16") return x;
      reader.use("half4");
      return `half4(${x})`;
    }
    const operator = operators[node.op.name];
    if (operator === undefined || count !== size) return undefined;
    const [a, b] = node.inputs.map(write);
    return a === undefined || b === undefined ? undefined : `(${a} ${operator} ${b})`;
  };
  return write(end);
}
