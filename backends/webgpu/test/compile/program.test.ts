// What graphs compile to, without a GPU: what fuses, what is updated in place, what layers share.
import {
  add,
  broadcast,
  cast,
  concat,
  f32,
  type Graph,
  GraphBuilder,
  liveness,
  matmul,
  mul,
  neg,
  optimize,
  reduceSum,
  rmsNorm,
  sigmoid,
  type Tensor,
  transpose,
} from "@cambium/ir";
import { llama, modelSpec } from "@cambium/model";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import { expect, test } from "vitest";
import { compileProgram, type Dispatch } from "../../src/compile/program.js";
import { loweredComposites } from "../../src/lower/index.js";
import type { DeviceTraits } from "../../src/lower/traits.js";
import { traitsOf } from "../shared/traits.js";

const traits = traitsOf("gpu", { maxWorkgroupBytes: 16_384, maxBindingBytes: 2 ** 27 });
const compile = (graph: Graph) =>
  compileProgram(graph, { traits, alignment: 256, maxBufferBytes: 2 ** 28, verify: true });

function graphOf(build: (builder: GraphBuilder, input: (name: string, ...shape: number[]) => Tensor) => void): Graph {
  const builder = new GraphBuilder();
  build(builder, (name, ...shape) => builder.input(name, f32(...shape)));
  return builder.finish();
}

test("a chain of elementwise ops and views is one kernel", () => {
  const graph = graphOf((builder, input) => {
    const x = transpose(input("x", 4, 6), { permutation: [1, 0] });
    builder.output("y", neg(mul(sigmoid(x), broadcast(input("b", 1, 4), { shape: [6, 4] }))));
  });
  expect(compile(graph).dispatches).toHaveLength(1);
});

test("casts to f16 are done where their operand is made, and products read and write f16 by four", () => {
  const graph = graphOf((builder, input) => {
    const half = (x: Tensor) => cast(x, { to: "f16" });
    const x = half(rmsNorm(input("x", 64, 64), input("norm", 64), { eps: 1e-5 })[0]);
    const y = half(mul(matmul(x, half(input("w", 64, 64)), { transB: true }), 0.5));
    builder.output("y", y);
    builder.output("square", matmul(y, y));
  });
  const { dispatches } = compile(graph);
  expect(dispatches.map(({ label }) => label.split(" ")[0])).toEqual(["rmsNorm", "elementwise", "matmul", "matmul"]);
  const [norm, , product, square] = dispatches as readonly Dispatch[];
  expect(norm?.wgsl).toMatch(/^enable f16;\n.*array<vec4<f16>>.*half4\(/s);
  expect(product?.wgsl.match(/array<vec4<f16>>/g)).toHaveLength(3);
  expect(square?.wgsl.match(/array<vec4<f16>>/g)).toHaveLength(1);
});

test("elementwise work follows a product in its kernel, and a reduction reads an expression", () => {
  const graph = graphOf((builder, input) => {
    const y = add(matmul(input("a", 64, 64), input("b", 64, 64)), input("c", 64, 64));
    builder.output("y", y);
    builder.output("sum", reduceSum(mul(y, y), { axes: [1] }));
  });
  const labels = compile(graph).dispatches.map(({ label }) => label.split(" ")[0]);
  expect(labels.filter((label) => label === "elementwise")).toEqual([]);
});

test("the numbers of kernels are one storage buffer of those they may bind, where a uniform one would not do", () => {
  const config = modelSpec(llama, {
    vocab: 64,
    hidden: 32,
    intermediate: 48,
    layers: 1,
    heads: 2,
    contextLength: 16,
  });
  const graph = trainStepGraph(config, { batch: 2, context: 16, optimizer: defaultOptimizer });
  const stored: DeviceTraits = { ...traits, kind: "cpu", subgroups: true, numbers: "storage" };
  const program = compileProgram(graph, { traits: stored, alignment: 256, maxBufferBytes: 2 ** 28 });
  const ones = program.dispatches.filter((dispatch): dispatch is Dispatch => dispatch.kind === "one");
  expect(ones.some(({ wgsl }) => /var<storage, read> numbers/.test(wgsl))).toBe(true);
  expect(ones.some(({ wgsl }) => wgsl.includes("var<uniform>"))).toBe(false);
  expect(ones.flatMap(({ bindings }) => bindings).some(({ access }) => access === "uniform")).toBe(false);
  expect(Math.max(...ones.map(({ bindings }) => bindings.length))).toBeLessThanOrEqual(8);
});

test("two results of one reduction's kind joined by one op: one kernel takes the op", () => {
  const graph = graphOf((builder, input) => {
    const [a, b] = [input("a", 4, 3), input("b", 4, 5)];
    builder.output("y", add(reduceSum(a, { axes: [1] }), reduceSum(b, { axes: [1] })));
  });
  expect(compile(graph).dispatches).toHaveLength(2);
});

test("state is updated in place where nothing reads the old value later", () => {
  const placeOf = (graph: Graph) => compile(graph).outputs.find(({ name }) => name === "state")?.placement.kind;
  const next = (builder: GraphBuilder, tensor: Tensor) => builder.output("state", tensor, { replaces: "state" });
  const inPlace = graphOf((builder, input) => next(builder, add(input("state", 3), input("x", 3))));
  expect(placeOf(inPlace)).toBe("input");
  const transposed = graphOf((builder, input) =>
    next(builder, transpose(input("state", 3, 3), { permutation: [1, 0] })),
  );
  expect(placeOf(transposed)).toBe("arena");
  const stretched = graphOf((builder, input) => {
    const state = input("state", 2, 1);
    next(builder, reduceSum(mul(broadcast(state, { shape: [2, 3] }), input("x", 2, 3)), { axes: [1], keepDims: true }));
  });
  expect(placeOf(stretched)).toBe("arena");
  const readLater = graphOf((builder, input) => {
    const state = input("state", 4);
    next(builder, neg(state));
    builder.output("sum", reduceSum(state, { axes: [0] }));
  });
  const program = compile(readLater);
  const sum = program.dispatches.findIndex(({ label }) => label.startsWith("sum"));
  const place = program.outputs.find(({ name }) => name === "state")?.placement.kind;
  expect(place === "arena" || sum === 0).toBe(true);
});

test("no kernel binds more than eight buffers, whatever is joined", () => {
  const graph = graphOf((builder, input) => {
    const many = Array.from({ length: 23 }, (_, i) => input(`x${i}`, 2, 3));
    builder.output("joined", concat(many, { axis: 0 }));
    builder.output(
      "added",
      many.reduce((a, b) => add(a, b)),
    );
  });
  const counts = compile(graph).dispatches.map((dispatch) => (dispatch as Dispatch).bindings.length);
  expect(Math.max(...counts)).toBeLessThanOrEqual(8);
});

test("equal layers share their kernels: modules do not grow with depth", () => {
  const modulesOf = (layers: number) => {
    const config = modelSpec(llama, {
      ...{ vocab: 64, hidden: 32, intermediate: 48, layers, heads: 2, contextLength: 16 },
    });
    const { dispatches } = compile(trainStepGraph(config, { batch: 2, context: 16, optimizer: defaultOptimizer }));
    const ones = dispatches.filter((dispatch): dispatch is Dispatch => dispatch.kind === "one");
    return { dispatches: dispatches.length, modules: new Set(ones.map(({ wgsl }) => wgsl)).size };
  };
  const [shallow, deep] = [modulesOf(4), modulesOf(24)];
  // Clipping sums the squares of as many chunks as there are: its kernel alone may differ.
  expect(deep.modules).toBeLessThanOrEqual(shallow.modules + 1);
  expect(deep.dispatches - shallow.dispatches).toBeLessThan(20 * 40);
});

test.each(["cpu", "gpu"] as const)(
  "fifty million parameters over long rows: the arena is within liveness and holds no scores and no logits, kernels for %ss",
  (kind) => {
    const [batch, context, heads, vocab] = [4, 512, 8, 8192];
    const config = modelSpec(llama, {
      ...{ vocab, hidden: 512, intermediate: 1376, layers: 14, heads, contextLength: context },
    });
    const graph = trainStepGraph(config, { batch, context, optimizer: defaultOptimizer });
    const { dispatches, layout } = compileProgram(graph, {
      ...{ traits: { ...traits, kind, subgroups: true }, alignment: 256, maxBufferBytes: 2 ** 31 },
    });
    const kept = new Set<string>(loweredComposites);
    const { peakBytes } = liveness(optimize(graph, { keep: ({ name }) => kept.has(name) }));
    expect(layout.arena.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(peakBytes);
    const scores = 4 * batch * heads * context * context;
    const logits = 4 * batch * context * vocab;
    const bound = dispatches.flatMap((dispatch) =>
      dispatch.kind === "one" ? dispatch.bindings.filter(({ placement }) => placement.kind === "arena") : [],
    );
    expect(Math.max(...bound.map(({ bytes }) => bytes))).toBeLessThan(Math.min(scores, logits));
  },
);

test("a step in mixed precision takes less than two thirds of the memory between kernels", () => {
  const config = modelSpec(llama, {
    ...{ vocab: 256, hidden: 128, intermediate: 352, layers: 3, heads: 4, contextLength: 128 },
  });
  const [f32s, mixed] = (["f32", "mixed"] as const).map((precision) => {
    const graph = trainStepGraph(config, { batch: 8, context: 128, optimizer: defaultOptimizer, precision });
    return compile(graph).layout.arena.reduce((sum, bytes) => sum + bytes, 0);
  }) as [number, number];
  expect(mixed / f32s).toBeLessThan(2 / 3);
});
