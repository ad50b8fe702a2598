// Matrix products, square and of a shape from training.
import { GraphBuilder, type HostTensor, hostTensor, matmul, type RefTensor, refTensor, toHost } from "@cambium/ir";
import { type Precision, storedIn } from "@cambium/train";
import { prepareGraph } from "../graph-case.js";
import { parity, sumTolerance } from "../parity.js";
import type { DeviceSuite } from "../suite.js";
import { filled } from "./shared/filled.js";

/** Rounding of the result: sums are f32 in every precision, and a device may round them once to its storage type. */
const products: Readonly<Record<Precision, number>> = { f32: 0, mixed: 2 ** -11, bf16: 2 ** -8 };

const sizes = [
  { m: 256, n: 256, k: 256 },
  { m: 1024, n: 1024, k: 1024 },
  { m: 2048, n: 1024, k: 256 },
];

export const gemm: DeviceSuite = {
  name: "gemm",
  summary: "matrix products",
  unit: "GFLOPS",
  bound: "gemm",
  on: "device",
  inPrecisions: true,
  cases: (quick) => sizes.slice(0, quick ? 2 : 3).map((size) => ({ name: `${size.m}x${size.n}x${size.k}`, size })),
  prepare(one, device, precision) {
    const { m = 1, n = 1, k = 1 } = one.size;
    return prepareGraph(device, product(m, n, k, precision));
  },
};

/** a [m, k] · b [k, n] = c [m, n] in f32, with operands as the precision stores them. */
export function product(m: number, n: number, k: number, precision: Precision = "f32") {
  const dtype = storedIn(precision) ?? "f32";
  const builder = new GraphBuilder();
  builder.output(
    "c",
    matmul(builder.input("a", { dtype, shape: [m, k] }), builder.input("b", { dtype, shape: [k, n] })),
  );
  const [a, b] = [refTensor(filled("a", [m, k])), refTensor(filled("b", [k, n]))];
  const inputs = { a: toHost({ ...a, type: { ...a.type, dtype } }), b: toHost({ ...b, type: { ...b.type, dtype } }) };
  const tolerance = Math.max(sumTolerance(k), products[precision]);
  return {
    graph: builder.finish(),
    inputs,
    parity: (outputs: Readonly<Record<string, HostTensor>>) => {
      const off = someElements(refTensor(inputs.a), refTensor(inputs.b), outputs["c"] ?? hostTensor("f32", [m, n]));
      return parity(off, tolerance, "three rows summed in float64");
    },
  };
}

/** The relative error of the first, a middle and the last row, against sums in float64. */
function someElements(a: RefTensor, b: RefTensor, c: HostTensor): number {
  const [m = 1, k = 1] = a.type.shape;
  const n = b.type.shape[1] ?? 1;
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
  return off / largest;
}
