// Compiles a typed expression to rows on demand: one rule per kind. The expression has been checked before.
import { interpret, type Known, type Typed, type TypedRules } from "../expr/typed.js";
import { compileConcat } from "./concat.js";
import { drawing, drawingKey } from "./drawing.js";
import { combine } from "./linear.js";
import { compileMatMul } from "./matmul.js";
import { shareRows } from "./share.js";
import { storage } from "./storage.js";
import { compileTake } from "./take.js";
import { rowLength, type Scope, type TensorScope, type Value } from "./value.js";

const rules: TypedRules<Scope, Value> = {
  source: ({ name, shape }, { read }) => ({ shape, rows: async (start, end) => read(name, start, end) }),
  fill: (typed) => leaf(typed, (out) => out.fill(typed.value)),
  normal: (typed, { shared }) => {
    const value = leaf(typed, drawing(typed));
    return { shape: typed.shape, ...shareRows(shared, drawingKey(typed), value.rows) };
  },
  given: ({ name, shape, start }, scope) => {
    const { found } = scope;
    if (found === "init") return scope.compile(start, scope);
    return { shape, rows: async (start, end) => found(name, start, end) };
  },
  linear: ({ terms, factors, shape }, scope) => {
    const values = terms.map((term) => scope.compile(term, scope));
    return combine(
      shape,
      values,
      factors.map((factor) => factor ** scope.power),
    );
  },
  take: compileTake,
  concat: compileConcat,
  matmul: compileMatMul,
};

/** The value of one tensor's expression. */
export function compileTyped(typed: Typed, scope: TensorScope): Value {
  const compile: Scope["compile"] = (part, inner) => interpret(rules, part, inner);
  return compile(typed, { ...scope, compile, shared: new Map() });
}

/** A tensor without sources; `fill` gets storage and the flat index of its first entry. */
function leaf({ shape }: Known, fill: (out: Float64Array, first: number) => unknown): Value {
  const width = rowLength(shape);
  return {
    shape,
    rows: async (start, end) => {
      const out = storage((end - start) * width);
      fill(out, start * width);
      return out;
    },
  };
}
