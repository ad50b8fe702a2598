// The plans that every device grows, which together have every kind of expression, and the states that they grow.
import {
  concat,
  copy,
  depthOperator,
  type Expr,
  fit,
  type GrowthPlan,
  given,
  matmul,
  measure,
  normal,
  scale,
  sum,
  take,
  zeros,
} from "@cambium/growth";
import { type HostTensor, hostTensor, numel, Random } from "@cambium/ir";
import { llama, modelSpec, parameterTable, stateNames, type TrainingState } from "@cambium/model";

const base = modelSpec(llama, {
  ...{ vocab: 19, hidden: 8, intermediate: 14, layers: 3, heads: 2, headDim: 6, contextLength: 32 },
});
const stack = depthOperator({
  name: "stack",
  version: "1.0.0",
  summary: "The whole again.",
  layers: (layers, target) => Array.from({ length: target }, (_, t) => t % layers),
});
const up = "model.layers.0.mlp.up_proj.weight"; // [14, 8]

export const copies = stack.plan(base, { factor: 2 });

function withTensors(tensors: Readonly<Record<string, Expr>>, dropped: readonly string[] = []): GrowthPlan {
  const same = stack.plan(base, { factor: 1 });
  return { ...same, tensors: { ...same.tensors, ...tensors }, dropped };
}

/** Many short runs along both dimensions, so that backends gather; −1 is a gap. */
export function selected(): GrowthPlan {
  const rows = take(copy(up), 0, [0, 2, 4, 6, 8, 10, 12, -1, 13, 11, 9, 7, 5, 3, 1, -1, 0, 2, 4, 6]);
  const columns = take(rows, "hidden", [7, 0, 6, 1, -1, 5, 2, 4]);
  const twelve = take(columns, 0, [19, 0, 18, 1, 17, 2, 16, 3, 15, 4, 14, 5]);
  return withTensors({ [up]: concat(0, [twelve, normal([2, 8], 0.3, "new")]) });
}

export function computed(): GrowthPlan {
  const weighted = take(copy(up), "hidden", [0, 0, 1, 1, 2, 2, 3, 3], [0.3, 0.7, 0.3, 0.7, 0.3, 0.7, 0.3, 0.7]);
  return withTensors({ [up]: sum([scale(weighted, -1.7), matmul(normal([14, 14], 0.2, "mixing"), copy(up))]) });
}

/** A gradient as a summand, as factors and alone, and a matrix's input as a norm. @param tokens to measure over */
export function measured(tokens: number): GrowthPlan {
  const slope = given("slope", [14, 8], measure("gradient", up, tokens));
  const all = Array.from({ length: 14 }, (_, i) => i);
  const [second, third, norm] = [up.replace(".0.", ".1."), up.replace(".0.", ".2."), "model.norm.weight"];
  const tensors = {
    [up]: sum([copy(up), scale(slope, -0.5)]),
    [second]: take(copy(up), 0, all, slope),
    [third]: slope,
    [norm]: given("input", [8], measure("activation", up, tokens)),
  };
  return withTensors(tensors, [second, third, norm]);
}

/** A matrix that is added to another, fitted from nothing. */
export function fitted(): GrowthPlan {
  const shift = given("shift", [14, 8], fit(zeros([14, 8]), { steps: 8, lr: 0.02 }));
  return withTensors({ [up]: sum([copy(up), shift]) });
}

export function randomState({ base: model }: GrowthPlan): TrainingState {
  const drawn = (what: string) =>
    Object.fromEntries(
      parameterTable(model).map(({ name, shape }) => {
        const data = new Float64Array(numel(shape));
        new Random(`${what}/${name}`).noise(data, 0, 0.3);
        return [name, hostTensor("f32", shape, Float32Array.from(data))];
      }),
    );
  return { updates: 3, parameters: drawn("w"), m: drawn("m"), v: drawn("v") };
}

/** Parameters and moments by their names on a device. */
export function flatState({ parameters, m, v }: TrainingState): Record<string, HostTensor> {
  const named = (tensors: TrainingState["m"], rename: (name: string) => string) =>
    Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries([
    ...named(parameters, (name) => name),
    ...named(m, stateNames.m),
    ...named(v, stateNames.v),
  ]);
}
