// Every op of the IR on its samples: values and gradients against the reference evaluator.
import type { Device } from "@cambium/backend";
import { type Graph, GraphBuilder, type HostTensor, type Op, type Sample, composites, differentiate, evaluate, materialize, mul, primitives, reduceSum } from "@cambium/ir";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import backend from "../src/index.js";
import { expectClose } from "./close.js";

let device: Device;
beforeAll(async () => {
  device = await backend.open();
});
afterAll(() => device.close());

const ops = Object.values({ ...primitives, ...composites }).map(({ op }) => op);

describe.each(ops.map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(op.samples.map((sample, i) => [`${i} ${sample.note ?? ""}`, sample] as const))("sample %s", async (_, sample) => {
    await agrees(sampleGraph(op, sample), sampleInputs(op, sample));
    expect((await device.memory()).tensors).toBe(0);
  });

  const differentiable = op.samples.filter(
    (sample) => op.vjp && sample.gradient !== false && build(op, sample).outputs[0]?.dtype === "f32" && by(sample).length > 0,
  );
  it.each(differentiable.map((sample, i) => [`${i} ${sample.note ?? ""}`, sample] as const))("gradient %s", async (_, sample) => {
    await agrees(gradientGraph(op, sample), sampleInputs(op, sample));
  });
});

async function agrees(graph: Graph, given: Record<string, HostTensor>): Promise<void> {
  const inputs = Object.fromEntries(graph.inputs.map(({ name }) => [name, given[name] as HostTensor]));
  const names = graph.outputs.map(({ name }) => name);
  using executable = await device.compile(graph);
  const { fetched } = await executable.run(inputs, { fetch: names });
  const expected = evaluate(graph, inputs);
  for (const name of names) {
    // f32 sums of at most some hundred terms in another order: a few units in the last place of the largest value.
    expectClose(fetched[name] as HostTensor, expected[name], 1e-5);
  }
}

function build(op: Op, sample: Sample) {
  const builder = new GraphBuilder();
  const inputs = sample.inputs.map(({ type }, i) => builder.input(String(i), type));
  const made = (composites as Record<string, unknown>)[op.name] ?? (primitives as Record<string, unknown>)[op.name];
  const apply = made as (...args: unknown[]) => unknown;
  const operands = op.inputs === "variadic" ? [inputs] : inputs.length === 0 ? [builder] : inputs;
  const result = apply(...operands, ...(sample.attrs ? [sample.attrs] : []));
  const outputs = (Array.isArray(result) ? result : [result]) as (typeof inputs)[number][];
  return { builder, inputs, outputs };
}

function sampleGraph(op: Op, sample: Sample): Graph {
  const { builder, outputs } = build(op, sample);
  outputs.forEach((tensor, i) => builder.output(`out${i}`, tensor));
  return builder.finish();
}

/** Σ output₀ · cotangent, differentiated by every input that the sample allows. */
function gradientGraph(op: Op, sample: Sample): Graph {
  const { builder, outputs } = build(op, sample);
  const [first] = outputs;
  if (!first) throw new Error("no output");
  const cotangent = builder.input("cotangent", first.type);
  builder.output("loss", reduceSum(mul(first, cotangent), { axes: first.shape.map((_, i) => i) }));
  return differentiate(builder.finish(), { of: "loss", by: by(sample) });
}

/** Names of the inputs to differentiate by. */
function by(sample: Sample): string[] {
  return sample.inputs.flatMap(({ type }, i) =>
    type.dtype === "f32" && (sample.gradient === undefined || (sample.gradient as readonly number[]).includes(i)) ? [String(i)] : [],
  );
}

function sampleInputs(op: Op, sample: Sample): Record<string, HostTensor> {
  const inputs = Object.fromEntries(materialize(sample, op.name).map((host, i) => [String(i), host]));
  if (!op.vjp || sample.gradient === false) return inputs;
  const { outputs } = build(op, sample);
  const type = outputs[0]?.type;
  if (!type) return inputs;
  const [cotangent] = materialize({ inputs: [{ type }] }, `${op.name}/cotangent`);
  return { ...inputs, cotangent: cotangent as HostTensor };
}
