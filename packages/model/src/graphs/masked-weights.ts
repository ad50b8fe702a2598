// The weights that the forward pass reads: parameters as they are, or behind masks. The masks' values are one input of
// the graph, so that one compiled graph serves while they open. Shut and open masks are exact, since 0 · x = 0 and 1 ·
// x = x.
import {
  add,
  div,
  f32,
  type GraphBuilder,
  hostTensor,
  maximum,
  mul,
  reduceSum,
  reshape,
  slice,
  sqrt,
  type Tensor,
} from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import type { Mask } from "../masks.js";
import { parameterTable } from "../model-spec.js";
import type { ParameterSpec } from "../parameters.js";
import type { Weights } from "./pass.js";

/** Name of the input that holds the masks' values, f32 [number of masks]. */
export const maskValuesName = "masks";

/** Avoids 0 / 0 in the mean square of a norm whose channels are all shut. */
const fewest = 1e-12;

/** Declares every parameter as an input, named by `inputName`, in the order of `parameterTable`. */
export function plainWeights(
  builder: GraphBuilder,
  model: ModelSpec,
  inputName: (parameter: string) => string = (parameter) => parameter,
): Weights {
  const inputs = new Map(
    parameterTable(model).map(({ name, shape }) => [name, builder.input(inputName(name), f32(...shape))]),
  );
  return { parameter: (name) => inputs.get(name) as Tensor, normMask: () => undefined, layerMask: () => undefined };
}

/** `plain` behind `masks`. If there are any, declares the input `masks` with their values. */
export function maskedWeights(
  builder: GraphBuilder,
  model: ModelSpec,
  plain: Weights,
  masks: readonly Mask[],
): Weights {
  if (masks.length === 0) return plain;
  const values = builder.input(maskValuesName, f32(masks.length));
  const all = masks.map((_, k) => slice(values, { start: [k], end: [k + 1] }));
  const parameters = new Map<string, Tensor>();
  const normMasks = new Map<string, Tensor>();
  builder.scope("masks", () => {
    for (const spec of parameterTable(model)) {
      const own = masks.flatMap((mask, k) =>
        mask.tensors.includes(spec.name) ? [{ mask, value: all[k] as Tensor }] : [],
      );
      const plainly = plain.parameter(spec.name);
      if (own.length === 0) continue;
      if (spec.kind !== "norm") {
        parameters.set(
          spec.name,
          own.reduce((tensor, { mask, value }) => mul(tensor, along(spec, mask, value)), plainly),
        );
        continue;
      }
      const open = own.map(({ mask, value }) => along(spec, mask, value)).reduce((a, b) => mul(a, b));
      const width = spec.shape[0] as number;
      const fraction = div(maximum(reduceSum(open, { axes: [0], keepDims: true }), fewest), width);
      normMasks.set(spec.name, div(open, sqrt(fraction)));
      parameters.set(spec.name, mul(mul(plainly, open), sqrt(fraction)));
    }
  });
  const layerMask = (index: number) => {
    const own = masks.flatMap(({ axis, range: [first, end] }, k) =>
      axis === "layers" && index >= first && index < end ? [all[k] as Tensor] : [],
    );
    return own.length === 0 ? undefined : own.reduce((a, b) => mul(a, b));
  };
  return {
    parameter: (name) => parameters.get(name) ?? plain.parameter(name),
    normMask: (norm) => normMasks.get(norm),
    layerMask,
  };
}

/** `value` at the masked rows of the tensor's dimension and 1 elsewhere, in a shape that multiplies the tensor. */
function along({ axes, shape }: ParameterSpec, { axis, range: [first, end] }: Mask, value: Tensor): Tensor {
  const at = axes.findIndex((dimension) => dimension.axis === axis);
  const unit = axes[at]?.unit ?? 1;
  const length = shape[at] as number;
  const masked = Float32Array.from({ length }, (_, i) => (i >= first * unit && i < end * unit ? 1 : 0));
  const { builder } = value;
  const inside = builder.constant(hostTensor("f32", [length], masked));
  const outside = builder.constant(
    hostTensor(
      "f32",
      [length],
      masked.map((x) => 1 - x),
    ),
  );
  const factors = add(outside, mul(inside, value));
  return reshape(factors, { shape: shape.map((n, i) => (i === at ? n : 1)) });
}
