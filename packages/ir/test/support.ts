// Shared by tests of the IR: random graphs, exact comparison, and a two-layer transformer to differentiate.
import fc from "fast-check";
import { expect } from "vitest";
import {
  add,
  type CambiumError,
  causalAttention,
  drawn,
  evaluate,
  f32,
  type Graph,
  GraphBuilder,
  gather,
  graphFromChoices,
  type HostTensor,
  i32,
  linearCrossEntropy,
  materialize,
  matmul,
  type RandomGraph,
  type RefTensor,
  reshape,
  rmsNorm,
  rope,
  type Sample,
  swiglu,
  type Tensor,
} from "../src/index.js";

export const anyGraph: fc.Arbitrary<RandomGraph> = fc
  .array(fc.nat(), { minLength: 1, maxLength: 20 })
  .map((choices) => graphFromChoices(choices));

/** The same graph with about half of its inputs held as constants, so that there is something to fold. */
export function withConstants({ graph, inputs }: RandomGraph): RandomGraph {
  const builder = new GraphBuilder();
  const left: Record<string, HostTensor> = {};
  const bound = graph.inputs.map(({ name, value }, i): [string, Tensor] => {
    const host = inputs[name] as HostTensor;
    if (i % 2 === 0) return [name, builder.constant(host)];
    left[name] = host;
    return [name, builder.input(name, value.type)];
  });
  const outputs = builder.inline(graph, Object.fromEntries(bound));
  for (const [name, tensor] of Object.entries(outputs)) builder.output(name, tensor);
  return { graph: builder.finish(), inputs: left };
}

/** Expects both graphs to give the same numbers, to the last bit but for the sign of zero. */
export function expectSameOutputs(after: Graph, before: Graph, inputs: Readonly<Record<string, HostTensor>>): void {
  const [got, want] = [evaluate(after, inputs), evaluate(before, inputs)];
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, { type, data }] of Object.entries(want)) {
    const other = got[name] as RefTensor;
    expect(other.type).toEqual(type);
    expect(
      data.findIndex((x, i) => x !== other.data[i] && !(Number.isNaN(x) && Number.isNaN(other.data[i]))),
      name,
    ).toBe(-1);
  }
}

/** A graph from a function that builds it. */
export function graphOf(build: (builder: GraphBuilder) => void): Graph {
  const builder = new GraphBuilder();
  build(builder);
  return builder.finish();
}

/** The CambiumError that `f` throws. */
export function thrown(f: () => unknown): CambiumError {
  try {
    f();
  } catch (error) {
    return error as CambiumError;
  }
  return expect.unreachable("nothing was thrown");
}

const [batch, context, width, heads, kvHeads, intermediate, vocab] = [2, 4, 8, 4, 2, 6, 10];
const kvWidth = (kvHeads * width) / heads;

/** Weights of the two layers, then those they share. */
export const transformerWeights: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    [0, 1].flatMap((i) => Object.entries(layerWeights()).map(([name, shape]) => [`${i}.${name}`, shape])),
  ),
  embedding: [vocab, width],
  norm: [width],
};

function layerWeights(): Record<string, readonly number[]> {
  return {
    norm1: [width],
    q: [width, width],
    k: [kvWidth, width],
    v: [kvWidth, width],
    o: [width, width],
    norm2: [width],
    gate: [intermediate, width],
    up: [intermediate, width],
    down: [width, intermediate],
  };
}

/** Cross entropy of a two-layer transformer with tied embeddings: output `loss` of its weights, tokens and tables. */
export function transformerLoss(): Graph {
  return graphOf((builder) => {
    const held = Object.fromEntries(
      Object.entries(transformerWeights).map(([name, shape]) => [name, builder.input(name, f32(...shape))]),
    );
    const weight = (name: string) => held[name] as Tensor;
    const tokens = builder.input("tokens", i32(batch, context));
    const targets = builder.input("targets", i32(batch * context));
    const tables = ["cos", "sin"].map((name) => builder.input(name, f32(context, width / heads / 2))) as [
      Tensor,
      Tensor,
    ];
    const norm = (x: Tensor, name: string) => rmsNorm(x, weight(name), { eps: 1e-5 })[0];
    const linear = (x: Tensor, name: string) => matmul(x, weight(name), { transB: true });
    const layer = (x: Tensor, i: number) => {
      const y = norm(x, `${i}.norm1`);
      const q = rope(linear(y, `${i}.q`), ...tables, { heads });
      const k = rope(linear(y, `${i}.k`), ...tables, { heads: kvHeads });
      const [attended] = causalAttention(q, k, linear(y, `${i}.v`), { heads, kvHeads });
      const middle = add(x, linear(attended, `${i}.o`));
      const z = norm(middle, `${i}.norm2`);
      return add(middle, linear(swiglu(linear(z, `${i}.gate`), linear(z, `${i}.up`)), `${i}.down`));
    };
    const x = layer(layer(gather(weight("embedding"), tokens), 0), 1);
    const rows = reshape(norm(x, "norm"), { shape: [batch * context, width] });
    builder.output("loss", linearCrossEntropy(rows, weight("embedding"), targets)[0]);
  });
}

/** Numbers for every input of `transformerLoss`. */
export function transformerInputs(): Record<string, HostTensor> {
  const graph = transformerLoss();
  const sample: Sample = {
    inputs: graph.inputs.map(({ value: { type } }) =>
      drawn(type.dtype, type.shape, type.dtype === "f32" ? [-1, 1] : [0, vocab]),
    ),
  };
  return Object.fromEntries(materialize(sample, "transformer").map((host, i) => [graph.inputs[i]?.name, host]));
}
