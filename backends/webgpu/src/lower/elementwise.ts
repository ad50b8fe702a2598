// Elementwise ops: one WGSL expression of the inputs' elements.
import { type DType, type Node, primitives } from "@cambium/ir";
import type { Code } from "../wgsl/code.js";
import type { FunctionName } from "../wgsl/functions.js";
import type { InlineLowering } from "./lowering.js";

type Write = (args: readonly string[], dtypes: readonly DType[], code: Code, node: Node) => string;

/** `write` gets the inputs' elements, each a name or a literal; inputs stretch to the output's shape. */
export function elementwise(write: Write, uses?: FunctionName): InlineLowering {
  return {
    kind: "inline",
    pointwise: true,
    element: (node: Node, at, code) => {
      if (uses) code.use(uses);
      const args = node.inputs.map((input) => code.eval(input, at.stretched(input.type.shape, code)));
      return write(
        args,
        node.inputs.map(({ type }) => type.dtype),
        code,
        node,
      );
    },
  };
}

const binary = (operator: string) => elementwise(([a, b]) => `${a} ${operator} ${b}`);
const call = (name: string) => elementwise((args) => `${name}(${args.join(", ")})`);

export const elementwiseLowerings = {
  abs: call("abs"),
  add: binary("+"),
  and: binary("&&"),
  cast: elementwise(([x], [from], code, node) => {
    const { to } = primitives.cast.attrsOf(node);
    if (to === "bool") return `${x} != ${from === "i32" ? "0i" : "0f"}`;
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
