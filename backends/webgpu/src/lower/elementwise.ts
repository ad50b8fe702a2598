// Elementwise ops: one WGSL expression of the inputs' elements.
import { cast, type Node } from "@cambium/ir";
import type { Code } from "../wgsl/code.js";
import type { FunctionName } from "../wgsl/functions.js";
import type { InlineLowering } from "./lowering.js";

/** Writes the output's element from the inputs' elements, each a name or a literal. */
type Write = (args: readonly string[], code: Code, node: Node) => string;

/** An op that computes each element from the same element of its inputs, broadcast to the output's shape. */
export function elementwise(write: Write, uses?: FunctionName): InlineLowering {
  return {
    kind: "inline",
    pointwise: true,
    element: (node, at, code) => {
      if (uses) code.use(uses);
      const args = node.inputs.map((input) => code.eval(input, at.stretched(input.type.shape, code)));
      return write(args, code, node);
    },
  };
}

const binary = (operator: string) => elementwise(([a, b]) => `${a} ${operator} ${b}`);
const call = (name: string) => elementwise((args) => `${name}(${args.join(", ")})`);

export const elementwiseLowerings = {
  abs: call("abs"),
  add: binary("+"),
  and: binary("&&"),
  cast: elementwise(([x], code, node) => {
    const { to } = cast.attrsOf(node);
    if (to === "bool") return `${x} != ${node.inputs[0]?.type.dtype === "i32" ? "0i" : "0f"}`;
    if (to !== "f16") return `${to}(${x})`;
    code.use("half");
    return `half(f32(${x}))`;
  }),
  cos: elementwise(([x]) => `cosf(${x})`, "cosf"),
  div: binary("/"),
  equal: binary("=="),
  exp: call("exp"),
  floor: call("floor"),
  less: binary("<"),
  log: call("log"),
  maximum: call("max"),
  minimum: call("min"),
  mul: binary("*"),
  neg: elementwise(([x]) => `-(${x})`),
  not: elementwise(([x]) => `!${x}`),
  rsqrt: call("inverseSqrt"),
  select: elementwise(([condition, a, b]) => `select(${b}, ${a}, ${condition})`),
  sigmoid: elementwise(([x]) => `1f / (1f + exp(-(${x})))`),
  sin: elementwise(([x]) => `sinf(${x})`, "sinf"),
  sqrt: call("sqrt"),
  sub: binary("-"),
  tanh: elementwise(([x]) => `tanhf(${x})`, "tanhf"),
} as const;
