// What is wrong or slow in tfjs-backend-wasm, by kernel:
// BatchMatMul has a fast path (XNNPACK) for one product without transposes and plain loops, twenty times slower, for all
// else: operands are transposed first and stacks taken apart.
// OneHot writes the bits of integers, also where it says float32: asked for int32 and cast.
// UnsortedSegmentSum is not registered: ScatterNd, as on every engine but TensorFlow.
import type { Ref } from "../program/program.js";
import { Kernels } from "./kernels.js";

export class WasmKernels extends Kernels {
  override oneHot(indices: Ref, depth: number): Ref {
    const [count] = indices.shape as [number];
    const attrs = { dtype: "int32", depth, onValue: 1, offValue: 0 };
    const hot = this.program.kernel("OneHot", { indices }, attrs, { shape: [count, depth], dtype: "int32" });
    return this.cast(hot, "float32");
  }

  protected override product(a: Ref, b: Ref, transA: boolean, transB: boolean): Ref {
    return this.batchMatMul(transA ? this.permute(a, [1, 0]) : a, transB ? this.permute(b, [1, 0]) : b, false, false);
  }

  protected override products(a: Ref, b: Ref, transA: boolean, transB: boolean): Ref {
    const [left, right] = [transA ? this.permute(a, [0, 2, 1]) : a, transB ? this.permute(b, [0, 2, 1]) : b];
    const pick = (x: Ref, i: number) => {
      const [, rows, columns] = x.shape as [number, number, number];
      return this.reshape(this.slice(x, [i, 0, 0], [1, rows, columns]), [rows, columns]);
    };
    const parts = Array.from({ length: a.shape[0] as number }, (_, i) => {
      const product = this.product(pick(left, i), pick(right, i), false, false);
      return this.reshape(product, [1, ...product.shape]);
    });
    return this.concat(parts, 0);
  }
}
