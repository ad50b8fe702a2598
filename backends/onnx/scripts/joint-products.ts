// Query, key and value, or gate and up, as products of their own and as one: how long ONNX Runtime takes for each, with
// the gradients. `npx tsx --conditions=@cambium/source backends/onnx/scripts/joint-products.ts [ROUNDS [MODEL]]`, half a
// minute. docs/results.md has the figures.
import type { TensorType } from "@cambium/ir";
import { Tensor } from "onnxruntime-node";
import { OnnxGraph } from "../src/onnx/graph.js";
import { Session } from "../src/worker/session.js";

/** Products of [tokens, width] with `count` weights [out, width]. */
interface Sizes {
  readonly model: string;
  readonly tokens: number;
  readonly width: number;
  readonly out: number;
  readonly count: number;
}

/** Graph inputs by name, and what makes the outputs of them. */
interface Way {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: (graph: OnnxGraph) => readonly [name: string, shape: readonly number[]][];
}

const runs = 14;
const [, , given, only] = process.argv;
const rounds = Number(given ?? 4);
const models = [
  ["6Lx128", 2048, 128, 344],
  ["6Lx256", 2048, 256, 688],
  ["6Lx512", 1024, 512, 1376],
  ["12Lx768", 512, 768, 2048],
] as const;

for (const [model, tokens, width, inner] of models) {
  if (only !== undefined && only !== model) continue;
  for (const sizes of [
    { model: `${model} q k v`, tokens, width, out: width, count: 3 },
    { model: `${model} gate up`, tokens, width, out: inner, count: 2 },
  ])
    await measure(sizes);
}

/** Prints the second least time of each way in ms. Each has the machine for itself: an idle session's threads spin. */
async function measure(sizes: Sizes): Promise<void> {
  const ways = Object.entries(waysOf(sizes)).map(([name, way]) => ({ name, way, times: [] as number[] }));
  for (let round = 0; round < rounds; round++) for (const { way, times } of ways) times.push(...(await timesOf(way)));
  const told = ways.map(({ name, times }) => `${name} ${(times.sort((a, b) => a - b)[1] ?? Number.NaN).toFixed(2)}`);
  console.log(`${sizes.model}: ${told.join(", ")}`);
}

function waysOf({ tokens, width, out, count }: Sizes): Record<string, Way> {
  const each = Array.from({ length: count }, (_, i) => i);
  const [x, one, all] = [{ x: [tokens, width] }, [tokens, out], [tokens, count * out]] as const;
  const apart = (name: string, shape: readonly number[]) =>
    Object.fromEntries(each.map((i) => [`${name}${i}`, shape] as const));
  const [weights, grads] = [apart("w", [out, width]), apart("g", one)];
  const w = [count * out, width];
  const forward = (graph: OnnxGraph, weight: string) => graph.node("Gemm", ["x", weight], { transB: 1 });
  const split = (graph: OnnxGraph, y: string) => {
    const pieces = graph.ints(each.map(() => out));
    return graph.nodes("Split", [y, pieces], { axis: 1 }, { outputs: each.map(() => true) });
  };
  const joined = (graph: OnnxGraph, names: readonly string[], axis: number) => graph.node("Concat", names, { axis });
  const flip = (graph: OnnxGraph, name: string) => graph.node("Transpose", [name], { perm: [1, 0] });
  const back = (graph: OnnxGraph, i: number | "") => graph.node("Gemm", [`g${i}`, `w${i}`]);
  const sum = (graph: OnnxGraph) =>
    each.slice(1).reduce((total, i) => graph.node("Add", [total, back(graph, i)]), back(graph, 0));
  const names = Object.keys(grads);
  const oneBack = (graph: OnnxGraph) => graph.node("Gemm", [joined(graph, names, 1), "w"]);
  const flipped = (graph: OnnxGraph) => names.map((name) => flip(graph, name));
  const weight = (graph: OnnxGraph, g: string) => graph.node("Gemm", [g, "x"]);
  return {
    "forward apart": { inputs: { ...x, ...weights }, outputs: (g) => each.map((i) => [forward(g, `w${i}`), one]) },
    "forward one": { inputs: { ...x, w }, outputs: (g) => split(g, forward(g, "w")).map((name) => [name, one]) },
    "forward bare": { inputs: { ...x, w }, outputs: (g) => [[forward(g, "w"), all]] },
    "dX apart": { inputs: { ...grads, ...weights }, outputs: (g) => [[sum(g), x.x]] },
    "dX one": { inputs: { ...grads, w }, outputs: (g) => [[oneBack(g), x.x]] },
    "dX bare": { inputs: { g: all, w }, outputs: (g) => [[back(g, ""), x.x]] },
    "dW apart": {
      inputs: { ...x, ...grads },
      outputs: (g) => names.map((name) => [weight(g, flip(g, name)), [out, width]]),
    },
    "dW one": { inputs: { ...x, ...grads }, outputs: (g) => [[weight(g, joined(g, flipped(g), 0)), w]] },
    "dW bare": { inputs: { ...x, g: all }, outputs: (g) => [[weight(g, flip(g, "g")), w]] },
  };
}

/** Milliseconds of each run in a session of its own. */
async function timesOf({ inputs, outputs }: Way): Promise<number[]> {
  const graph = new OnnxGraph();
  const stopper = graph.sequenceOutput();
  for (const [name, shape] of Object.entries(inputs)) graph.input(name, f32(shape));
  const made = outputs(graph);
  for (const [name, shape] of made) graph.output(name, f32(shape));
  const edges = { feeds: {}, fetches: {}, packed: {}, overwrites: [] };
  const step = { kind: "session", model: graph.encode(), nodes: graph.size, ...edges, stopper } as const;
  const session = await Session.create(step, { provider: "cpu", threads: 2, profile: false }, {});
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, filled(shape)]));
  const fetches = Object.fromEntries(made.map(([name, shape]) => [name, filled(shape)]));
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const began = performance.now();
    await session.run(feeds, fetches);
    times.push(performance.now() - began);
  }
  await session.release();
  return times;
}

function f32(shape: readonly number[]): TensorType {
  return { dtype: "f32", shape };
}

function filled(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return new Tensor("float32", new Float32Array(size).fill(0.1), [...shape]);
}
