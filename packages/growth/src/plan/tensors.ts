// One expression for each tensor of a model, the way most operators write their plans.
import { type ModelSpec, type ParameterAxis, type ParameterSpec, parameterTable } from "@cambium/model";
import type { Expr } from "../expr/expr.js";

/** What `make` says of every tensor of `model`, by name; tensors that it leaves undefined are left out. */
export function tensorsOf(
  model: ModelSpec,
  make: (spec: ParameterSpec) => Expr | undefined,
): Readonly<Record<string, Expr>> {
  return Object.fromEntries(
    parameterTable(model).flatMap((spec): [string, Expr][] => {
      const expr = make(spec);
      return expr ? [[spec.name, expr]] : [];
    }),
  );
}

/** Names of the tensors with that axis. */
export function namesAlong(model: ModelSpec, along: ParameterAxis["axis"]): string[] {
  return parameterTable(model).flatMap(({ name, axes }) => (axes.some(({ axis }) => axis === along) ? [name] : []));
}
