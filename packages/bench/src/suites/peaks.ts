// The two peaks of a device that shares refer to: its fastest large matrix product, and its fastest pass over memory.
import { add, f32, GraphBuilder } from "@cambium/ir";
import { prepareGraph } from "../graph-case.js";
import { againstReference } from "../parity.js";
import type { Case, DeviceSuite } from "../suite.js";
import { product } from "./gemm.js";
import { filled } from "./shared/filled.js";

export const gemmPeak: DeviceSuite = {
  name: "gemm-peak",
  summary: "the matrix product that shares refer to",
  unit: "GFLOPS",
  bound: null,
  on: "device",
  inPrecisions: true,
  cases: (quick): readonly Case[] =>
    quick
      ? [{ name: "1024x1024x512", size: { m: 1024, n: 1024, k: 512 } }]
      : [{ name: "2048x1024x1024", size: { m: 2048, n: 1024, k: 1024 } }],
  prepare(one, device, precision) {
    const { m = 1, n = 1, k = 1 } = one.size;
    return prepareGraph(device, product(m, n, k, precision));
  },
};

export const streamPeak: DeviceSuite = {
  name: "stream-peak",
  summary: "the sum of two long vectors that shares refer to",
  unit: "GB/s",
  bound: null,
  on: "device",
  cases: (quick): readonly Case[] =>
    quick ? [{ name: "2M", size: { elements: 2 ** 21 } }] : [{ name: "8M", size: { elements: 2 ** 23 } }],
  prepare(one, device) {
    const { elements = 1 } = one.size;
    const builder = new GraphBuilder();
    builder.output("c", add(builder.input("a", f32(elements)), builder.input("b", f32(elements))));
    const graph = builder.finish();
    const inputs = { a: filled("stream/a", [elements]), b: filled("stream/b", [elements]) };
    return prepareGraph(device, { graph, inputs, parity: (got) => againstReference(graph, inputs, got, 1e-6) });
  },
};
