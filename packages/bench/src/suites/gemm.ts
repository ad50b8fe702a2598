// Matrix products in f32, square and as a training step has them.
import { f32, GraphBuilder, type HostTensor, hostTensor, matmul } from "@cambium/ir";
import { prepareGraph } from "../graph-case.js";
import { parity, sumTolerance } from "../parity.js";
import type { DeviceSuite } from "../suite.js";
import { filled } from "./shared/filled.js";

const sizes = [
  { m: 256, n: 256, k: 256 },
  { m: 1024, n: 1024, k: 1024 },
  { m: 2048, n: 1024, k: 256 },
];

export const gemm: DeviceSuite = {
  name: "gemm",
  summary: "matrix products in f32",
  unit: "GFLOPS",
  bound: "gemm",
  on: "device",
  cases: (quick) => sizes.slice(0, quick ? 2 : 3).map((size) => ({ name: `${size.m}x${size.n}x${size.k}`, size })),
  prepare(one, device) {
    const { m = 1, n = 1, k = 1 } = one.size;
    return prepareGraph(device, product(m, n, k));
  },
};

/** a [m, k] · b [k, n]. */
export function product(m: number, n: number, k: number) {
  const builder = new GraphBuilder();
  builder.output("c", matmul(builder.input("a", f32(m, k)), builder.input("b", f32(k, n))));
  const inputs = { a: filled("a", [m, k]), b: filled("b", [k, n]) };
  return {
    graph: builder.finish(),
    inputs,
    parity: (outputs: Readonly<Record<string, HostTensor>>) =>
      someElements(inputs.a, inputs.b, outputs["c"] ?? hostTensor("f32", [m, n])),
  };
}

/** All elements of the first and last row and of one in between, summed in float64: every column, three rows of blocks. */
function someElements(a: HostTensor, b: HostTensor, c: HostTensor) {
  const [m = 1, k = 1] = a.shape;
  const n = b.shape[1] ?? 1;
  let [off, largest] = [0, 1];
  for (const row of new Set([0, Math.floor(m / 2) + 1, m - 1])) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += (a.data[row * k + i] as number) * (b.data[i * n + column] as number);
      largest = Math.max(largest, Math.abs(sum));
      const error = Math.abs((c.data[row * n + column] as number) - sum);
      off = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(off, error);
    }
  }
  return parity(off / largest, sumTolerance(k), "three rows summed in float64");
}
