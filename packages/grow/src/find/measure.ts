// Measuring: mean gradients of the base's loss, and mean inputs of its matrices, over batches.
import type { Given, GrowthPlan, Measure } from "@cambium/growth";
import {
  CambiumError,
  differentiate,
  type Graph,
  GraphBuilder,
  gradientName,
  type HostTensor,
  hostTensor,
  matmul,
  mul,
  reduceSum,
  reshape,
  type Tensor,
} from "@cambium/ir";
import { lossGraph } from "@cambium/model";
import type { Lab, Reading } from "./lab.js";

export type Measured = Given & { readonly by: Measure };

/** Measurements over equally many batches, in one graph. */
export interface Measurement extends Reading {
  readonly of: readonly Measured[];
}

/**
 * The graphs of `measured`, one for each number of tokens. Inputs: the base's parameters and `tokens`; outputs: what is
 * measured, over one batch, by the names of the plan.
 * @throws CambiumError `E_GROWTH_FIND` for an activation of a parameter that multiplies nothing.
 */
export function measurements(
  { base }: Pick<GrowthPlan, "base">,
  measured: readonly Measured[],
  { batch, context }: Pick<Lab, "batch" | "context">,
): readonly Measurement[] {
  const batchesOf = ({ by }: Measured) => Math.ceil(by.tokens / (batch * context));
  const counts = [...new Set(measured.map(batchesOf))];
  return counts.map((batches) => {
    const of = measured.filter((one) => batchesOf(one) === batches);
    return { batches, of, graph: measureGraph(lossGraph(base, { batch, context }), of) };
  });
}

/** Means over the batches: sums in float64, rounded once, so that they do not hang on how far a device rounds sums. */
export async function runMeasurement({ graph, batches, of }: Measurement, first: number, lab: Lab) {
  const { device, parameters, batch, context } = lab;
  using executable = await device.compile(graph);
  const names = of.map(({ name }) => name);
  const sums = new Map(of.map(({ name, shape }) => [name, new Float64Array(shape.reduce((a, b) => a * b, 1))]));
  for (let i = 0; i < batches; i++) {
    const tokens = hostTensor("i32", [batch, context + 1], lab.batchAt(first + i));
    const { fetched } = await executable.run({ ...pick(parameters, graph), tokens }, { fetch: names });
    for (const [name, tensor] of Object.entries(await fetched)) {
      const sum = sums.get(name) as Float64Array;
      for (const [k, x] of (tensor as HostTensor<"f32">).data.entries()) sum[k] = (sum[k] as number) + x;
    }
  }
  return Object.fromEntries(
    of.map(({ name, shape }) => {
      const mean = Float32Array.from(sums.get(name) as Float64Array, (x) => x / batches);
      return [name, hostTensor("f32", shape, mean)];
    }),
  );
}

/** The inputs of `graph` among `tensors`. */
export function pick<T>(tensors: Readonly<Record<string, T>>, { inputs }: Graph): Record<string, T> {
  return Object.fromEntries(inputs.flatMap(({ name }) => (tensors[name] ? [[name, tensors[name] as T]] : [])));
}

function measureGraph(loss: Graph, of: readonly Measured[]): Graph {
  const withInputs = activations(loss, of);
  const gradients = [...new Set(of.flatMap(({ by }) => (by.what === "gradient" ? [by.of] : [])))];
  const whole = gradients.length > 0 ? differentiate(withInputs, { of: "loss", by: gradients }) : withInputs;
  const builder = new GraphBuilder();
  const { outputs } = builder.append(whole);
  for (const { name, by } of of)
    builder.output(name, outputs[by.what === "gradient" ? gradientName(by.of) : activationName(by.of)] as Tensor);
  return builder.finish();
}

function activationName(parameter: string): string {
  return `activation:${parameter}`;
}

/** `loss` with one more output for each parameter whose input is measured: its mean over all rows. */
function activations(loss: Graph, of: readonly Measured[]): Graph {
  const names = [...new Set(of.flatMap(({ by }) => (by.what === "activation" ? [by.of] : [])))];
  if (names.length === 0) return loss;
  const sources = names.map((name) => {
    const own = loss.inputs.find((input) => input.name === name)?.value.id;
    const node = loss.nodes.find((one) => matmul.is(one) && one.inputs[1]?.id === own);
    const value = node?.inputs[0];
    if (value) return { name, value };
    throw new CambiumError(
      "E_GROWTH_FIND",
      "the model multiplies nothing with a parameter whose input is to be measured",
      {
        where: name,
        expected: "a matrix that a product reads",
      },
    );
  });
  const builder = new GraphBuilder();
  const exposed = sources.map(({ name, value }) => ({ name: activationName(name), value }));
  const { outputs } = builder.append({ ...loss, outputs: [...loss.outputs, ...exposed] });
  builder.output("loss", outputs["loss"] as Tensor);
  for (const { name } of exposed) {
    const x = outputs[name] as Tensor;
    const width = x.shape.at(-1) as number;
    const rows = x.shape.slice(0, -1).reduce((a, b) => a * b, 1);
    builder.output(name, mul(reduceSum(reshape(x, { shape: [rows, width] }), { axes: [0] }), 1 / rows));
  }
  return builder.finish();
}
