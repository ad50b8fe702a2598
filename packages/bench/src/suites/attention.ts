// Causal attention with grouped heads, forward and with gradients.
import { causalAttention, differentiate, f32, type Graph, GraphBuilder, mul, reduceSum } from "@cambium/ir";
import { prepareGraph } from "../graph-case.js";
import { againstReference } from "../parity.js";
import type { Case, DeviceSuite } from "../suite.js";
import { filled } from "./shared/filled.js";

const size = { batch: 2, heads: 4, kvHeads: 2, headDim: 32 };
const cases: readonly Case[] = [
  { name: "forward-256", size: { ...size, context: 256, gradient: 0 } },
  { name: "gradient-256", size: { ...size, context: 256, gradient: 1 } },
];

/** Sums over 256 positions in f32; gradients chain three such sums. */
const tolerance = 1e-4;

export const attention: DeviceSuite = {
  name: "attention",
  summary: "causal attention, forward and with gradients",
  unit: "GFLOPS",
  bound: "gemm",
  on: "device",
  cases: (quick) => cases.slice(quick ? 1 : 0),
  prepare(one, device) {
    const { batch = 1, heads = 1, kvHeads = 1, headDim = 1, context = 1 } = one.size;
    const inputs = {
      q: filled("q", [batch, context, heads * headDim]),
      k: filled("k", [batch, context, kvHeads * headDim]),
      v: filled("v", [batch, context, kvHeads * headDim]),
    };
    const builder = new GraphBuilder();
    const [q, k, v] = Object.entries(inputs).map(([name, { shape }]) => builder.input(name, f32(...shape)));
    if (!q || !k || !v) throw new RangeError("three inputs");
    const [out] = causalAttention(q, k, v, { heads, kvHeads });
    const loss = reduceSum(mul(out, out), { axes: [0, 1, 2] });
    builder.output("out", one.size["gradient"] ? loss : out);
    const forward = builder.finish();
    const graph: Graph = one.size["gradient"] ? differentiate(forward, { of: "out", by: ["q", "k", "v"] }) : forward;
    return prepareGraph(device, { graph, inputs, parity: (got) => againstReference(graph, inputs, got, tolerance) });
  },
};
