// Measuring: mean gradients of the base's loss, and mean inputs of its matrices, over batches.
import type { DeviceTensor } from "@cambium/backend";
import type { GrowthPlan } from "@cambium/growth";
import {
  differentiate,
  type Graph,
  GraphBuilder,
  gradientName,
  type HostTensor,
  hostTensor,
  mul,
  numel,
  reduceSum,
  reshape,
  type Tensor,
  type Value,
} from "@cambium/ir";
import { lossGraph } from "@cambium/model";
import type { Lab, Reading } from "./lab.js";
import { type Measured, productOf } from "./product.js";
import { additionInputs, additionName, steepestColumns, withAdditions } from "./steepest.js";

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

/** Means over the batches: sums in float64, rounded once, so that they do not depend on how a device rounds sums. */
export async function runMeasurement({ graph, batches, of }: Measurement, first: number, lab: Lab) {
  const { device, parameters, batch, context } = lab;
  using executable = await device.compile(graph);
  const names = of.map(({ name }) => name);
  const fetched = graph.outputs.filter(({ name }) => names.includes(name));
  const sums = new Map(fetched.map(({ name, value }) => [name, new Float64Array(numel(value.type.shape))]));
  const additions = additionInputs(of, graph);
  for (let i = 0; i < batches; i++) {
    const tokens = hostTensor("i32", [batch, context + 1], lab.batchAt(first + i));
    const run = await executable.run({ ...pick(parameters, graph), ...additions, tokens }, { fetch: names });
    for (const [name, tensor] of Object.entries(await run.fetched)) {
      const sum = sums.get(name) as Float64Array;
      for (const [k, x] of (tensor as HostTensor<"f32">).data.entries()) sum[k] = (sum[k] as number) + x;
    }
  }
  const found: Record<string, HostTensor> = {};
  for (const { name, shape, by } of of) {
    const mean = (sums.get(name) as Float64Array).map((x) => x / batches);
    const values = by.what === "steepest" ? steepestColumns(mean, shape, await weightsOf(by.of, lab), by.scale) : mean;
    found[name] = hostTensor("f32", shape, Float32Array.from(values));
  }
  return found;
}

async function weightsOf(name: string, { device, parameters }: Lab): Promise<Float64Array> {
  return Float64Array.from((await device.download(parameters[name] as DeviceTensor)).data as Float32Array);
}

/** The inputs of `graph` among `tensors`. */
export function pick<T>(tensors: Readonly<Record<string, T>>, { inputs }: Graph): Record<string, T> {
  return Object.fromEntries(inputs.flatMap(({ name }) => (tensors[name] ? [[name, tensors[name] as T]] : [])));
}

function measureGraph(loss: Graph, of: readonly Measured[]): Graph {
  const withInputs = withAdditions(activations(loss, of), of);
  const byName = new Map(of.map((one) => [one.name, derivativeOf(one)]));
  const gradients = [...new Set([...byName.values()].flatMap((name) => name ?? []))];
  const whole = gradients.length > 0 ? differentiate(withInputs, { of: "loss", by: gradients }) : withInputs;
  const builder = new GraphBuilder();
  const { outputs } = builder.append(whole);
  for (const { name, by } of of) {
    const derivative = byName.get(name);
    builder.output(name, outputs[derivative ? gradientName(derivative) : activationName(by.of)] as Tensor);
  }
  return builder.finish();
}

/** The input by which the loss is differentiated for a measurement; undefined for activations. */
function derivativeOf({ name, by }: Measured): string | undefined {
  if (by.what === "steepest") return additionName(name);
  return by.what === "gradient" ? by.of : undefined;
}

function activationName(parameter: string): string {
  return `activation:${parameter}`;
}

/** `loss` with one more output for each parameter whose input is measured: its mean over all rows. */
function activations(loss: Graph, of: readonly Measured[]): Graph {
  const names = [...new Set(of.flatMap(({ by }) => (by.what === "activation" ? [by.of] : [])))];
  if (names.length === 0) return loss;
  const sources = names.map((name) => {
    return { name, value: productOf(loss, name).inputs[0] as Value };
  });
  const builder = new GraphBuilder();
  const exposed = sources.map(({ name, value }) => ({ name: activationName(name), value }));
  const { outputs } = builder.append({ ...loss, outputs: [...loss.outputs, ...exposed] });
  builder.output("loss", outputs["loss"] as Tensor);
  for (const { name } of exposed) {
    const x = outputs[name] as Tensor;
    const width = x.shape.at(-1) as number;
    const rows = numel(x.shape.slice(0, -1));
    builder.output(name, mul(reduceSum(reshape(x, { shape: [rows, width] }), { axes: [0] }), 1 / rows));
  }
  return builder.finish();
}
