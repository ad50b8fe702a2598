// Tests what the mark `activation: "silu"` promises: the gate of a gated MLP goes through silu and not through another
// function of its shape, such as gelu.
import type { RefTensor } from "@cambium/ir";
import { expect } from "vitest";
import type { ModelSpec } from "../family.js";
import { modelSizes, parameterTable } from "../model-spec.js";
import type { ParameterSpec } from "../parameters.js";
import type { FamilyChecks } from "./checks.js";
import { f64, logits, randomWeights, type Weights } from "./support.js";

/** How far a neuron is turned up to measure a derivative; the central difference is then exact to its square. */
const step = 1e-4;

export const gateChecks: FamilyChecks = ({ model }) => ({
  "a gate marked with silu goes through silu": () => {
    const mlp = lastMlp(model);
    if (!mlp) return;
    const weights = randomWeights(model);
    const slopes = (times: number) => evenPart(model, weights, mlp, times);
    const [one, two, four] = [slopes(1), slopes(2), slopes(4)];
    const { vocab = 1 } = modelSizes(model) as { readonly vocab?: number };
    let bent = false;
    for (let token = 0; token < one.length; token += vocab) {
      const along = (measured: Float64Array) => dot(measured, one, token, token + vocab);
      const [first, second] = [along(two) / along(one), along(four) / along(two)];
      // silu(y) + silu(-y) = y tanh(y/2), so that doubling y gives 4 / (1 + tanh²(y/2)) times as much.
      const squared = Math.max(0, 4 / first - 1);
      const tanh = (2 * Math.sqrt(squared)) / (1 + squared);
      expect(Math.abs(second * (1 + tanh * tanh) - 4), `position ${token / vocab}`).toBeLessThan(1e-4);
      bent ||= squared < 0.9;
    }
    expect(bent, "bends at 0").toBe(true);
  },
});

interface Mlp {
  readonly gate: ParameterSpec;
  readonly up: ParameterSpec;
  readonly down: ParameterSpec;
}

/** The matrices of the last layer's neurons; undefined if it is not a gated MLP marked with silu, without biases. */
function lastMlp(model: ModelSpec): Mlp | undefined {
  const own = parameterTable(model).filter(
    ({ layer, axes }) => layer === modelSizes(model).layers - 1 && axes.some(({ axis }) => axis === "intermediate"),
  );
  const writers = own.filter(({ axes }) => axes[0]?.axis === "intermediate");
  const gate = writers.find(({ activation }) => activation === "silu");
  const up = writers.find((spec) => spec !== gate);
  const down = own.find(({ axes }) => axes[1]?.axis === "intermediate");
  return own.length === 3 && gate && up && down ? { gate, up, down } : undefined;
}

/** The derivative of the logits by the sum of two neurons that differ in the sign of their gates, `times` the first's. */
function evenPart(model: ModelSpec, weights: Weights, { gate, up, down }: Mlp, times: number): Float64Array {
  const twice = (spec: ParameterSpec, factors: readonly [number, number]) =>
    mapped(spec, weights, (data, row, column, width) =>
      row < 2 ? (factors[row] as number) * (data[column] as number) : (data[row * width + column] as number),
    );
  const at = (factor: number) =>
    logits(model, {
      ...weights,
      [gate.name]: twice(gate, [times, -times]),
      [up.name]: twice(up, [1, 1]),
      [down.name]: mapped(down, weights, (data, row, column, width) =>
        column < 2 ? factor * (data[row * width] as number) : 0,
      ),
    });
  const [more, less] = [at(step), at(-step)];
  return more.map((x, i) => (x - (less[i] as number)) / (2 * step));
}

function mapped(
  { name, shape }: ParameterSpec,
  weights: Weights,
  entry: (data: RefTensor["data"], row: number, column: number, width: number) => number,
): RefTensor {
  const [, width = 1] = shape;
  const { data } = weights[name] as RefTensor;
  const entries = Float64Array.from(data, (_, i) => entry(data, Math.floor(i / width), i % width, width));
  return f64(shape, entries);
}

function dot(a: Float64Array, b: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
