// What most operators write their plans with: an expression for each tensor of a model, and where a tensor is found.
import { type ModelSpec, type ParameterAxis, type ParameterSpec, parameterTable } from "@cambium/model";
import { zeros } from "../expr/build.js";
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

/**
 * Finds the tensor of `model` that is in the layer given what `spec` is in its own; outside the layers, the tensor of
 * the same name.
 */
export function counterparts(
  model: ModelSpec,
): (spec: ParameterSpec, layer: number | undefined) => ParameterSpec | undefined {
  const key = (spec: ParameterSpec, layer = spec.layer) =>
    spec.layer === undefined ? spec.name : `${layer}/${spec.part}`;
  const found = new Map(parameterTable(model).map((spec) => [key(spec), spec]));
  return (spec, layer) => found.get(key(spec, layer));
}

/** Moment rules by which those layers of `model` begin without moments. */
export function zeroMoments(model: ModelSpec, layers: (layer: number) => boolean): Readonly<Record<string, Expr>> {
  return tensorsOf(model, ({ shape, layer }) => (layer !== undefined && layers(layer) ? zeros(shape) : undefined));
}

/** Names of the tensors that fit: those to freeze, for example. */
export function namesOf(model: ModelSpec, fits: (spec: ParameterSpec) => boolean): string[] {
  return parameterTable(model).flatMap((spec) => (fits(spec) ? [spec.name] : []));
}

/** Names of the tensors with that axis. */
export function namesAlong(model: ModelSpec, along: ParameterAxis["axis"]): string[] {
  return namesOf(model, ({ axes }) => axes.some(({ axis }) => axis === along));
}
