// From an expression to its compiled value: one rule per kind, which checks shapes and says how rows are made.
import { Random } from "@cambium/ir";
import type { ParameterSpec } from "@cambium/model";
import type { Expr, ExprKind } from "../expr/expr.js";
import { compileConcat } from "./concat.js";
import { compileMatMul } from "./matmul.js";
import { shareRows } from "./share.js";
import { compileTake } from "./take.js";
import { type Compile, type Label, rowLength, type Scope, type TensorScope, type Value } from "./value.js";

const rules: { readonly [K in ExprKind]: Compile<Extract<Expr, { kind: K }>> } = {
  copy: ({ source }, scope) => {
    const spec = scope.base.get(source);
    if (!spec) {
      scope.complain({ message: `reads "${source}", which the base does not have` });
      return undefined;
    }
    if (scope.mode === "coefficient") {
      scope.complain({
        message: `a factor reads "${source}"; moments cannot follow that`,
        hint: "give a moment rule of its own",
      });
      return undefined;
    }
    const rows = async (start: number, end: number) => scope.read(source, start, end);
    return { shape: spec.shape, labels: spec.axes, rows };
  },
  zeros: ({ shape }, _scope, hint) => leaf(shape, hint, () => undefined),
  const: ({ shape, value }, { mode }, hint) => leaf(shape, hint, (out) => out.fill(mode === "moment" ? 0 : value)),
  normal: ({ shape, std, seed }, { mode, shared }, hint) => {
    if (mode !== "value") return leaf(shape, hint, () => undefined);
    const random = new Random(seed);
    const value = leaf(shape, hint, (out, first) => random.normals(out, first, std));
    return { ...value, ...shareRows(shared, `${std} ${seed} [${shape}]`, value.rows) };
  },
  scale: ({ of, by }, scope, hint) => {
    const value = compile(of, scope, hint);
    return value && combine([value], [by ** scope.power], scope);
  },
  sum: ({ terms }, scope, hint) =>
    linear(
      terms,
      terms.map(() => 1),
      scope,
      hint,
    ),
  affine: ({ a, x, b, y }, scope, hint) => linear([x, y], [a ** scope.power, b ** scope.power], scope, hint),
  learned: ({ name, shape, init }, scope, hint) => {
    if (scope.mode !== "value") {
      scope.complain({
        message: `"${name}" is learned; moments cannot follow that`,
        hint: "give a moment rule of its own",
      });
      return undefined;
    }
    const start = compile(init, scope, hint);
    if (start && `${start.shape}` !== `${shape}`) {
      scope.complain({
        message: `the start of "${name}" does not fit it`,
        expected: `[${shape}]`,
        got: `[${start.shape}]`,
      });
    }
    const { learned } = scope;
    if (!start || learned === "init") return start;
    const rows = async (first: number, end: number) => learned(name, first, end);
    return { shape: start.shape, labels: start.labels, rows };
  },
  take: compileTake,
  concat: compileConcat,
  matmul: compileMatMul,
};

const compile: Compile = (expr, scope, hint) => (rules[expr.kind] as Compile)(expr, scope, hint);

/** The value of `expr` as the tensor `spec`; undefined after at least one complaint. */
export function compileTensor(spec: ParameterSpec, expr: Expr, scope: TensorScope): Value | undefined {
  const value = compile(expr, { ...scope, compile, shared: new Map() }, spec.axes);
  if (!value || `${value.shape}` === `${spec.shape}`) return value;
  scope.complain({ message: "has the wrong shape", expected: `[${spec.shape}]`, got: `[${value.shape}]` });
  return undefined;
}

/** A tensor without sources; `fill` gets zeroed storage and the flat index of its first entry. */
function leaf(
  shape: readonly number[],
  hint: readonly Label[] | undefined,
  fill: (out: Float64Array, first: number) => void,
): Value {
  const width = rowLength(shape);
  return {
    shape,
    labels: shape.map((_, i) => (hint?.length === shape.length ? (hint[i] ?? null) : null)),
    rows: async (start, end) => {
      const out = new Float64Array((end - start) * width);
      fill(out, start * width);
      return out;
    },
  };
}

function linear(
  exprs: readonly Expr[],
  factors: readonly number[],
  scope: Scope,
  hint?: readonly Label[],
): Value | undefined {
  const values = exprs.map((expr) => compile(expr, scope, hint));
  return values.every((value) => value !== undefined) ? combine(values, factors, scope) : undefined;
}

/** Σ factor · value. As moments: of independent gradients, so that second moments add without their cross terms. */
function combine(values: readonly Value[], factors: readonly number[], scope: Scope): Value | undefined {
  const [first, ...rest] = values as readonly [Value, ...Value[]];
  const misfit = rest.find(({ shape }) => `${shape}` !== `${first.shape}`);
  if (misfit) {
    scope.complain({
      message: "terms of a sum differ in shape",
      expected: `[${first.shape}]`,
      got: `[${misfit.shape}]`,
    });
    return undefined;
  }
  return {
    shape: first.shape,
    labels: first.labels.map((label, i) => label ?? rest.find(({ labels }) => labels[i])?.labels[i] ?? null),
    rows: async (start, end) => {
      const out = await first.rows(start, end);
      const factor = factors[0] as number;
      // The 0 makes a sum of −0 the 0 it is.
      for (let i = 0; i < out.length; i++) out[i] = 0 + factor * (out[i] as number);
      for (const [k, value] of rest.entries()) {
        const by = factors[k + 1] as number;
        if (value.addTo) await value.addTo(out, by, start, end);
        else {
          const rows = await (value.lent ?? value.rows)(start, end);
          for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + by * (rows[i] as number);
        }
      }
      return out;
    },
  };
}
