// What tfjs-backend-wasm does otherwise. Its BatchMatMul has a fast path (XNNPACK) for one product without transposes
// and plain loops, twenty times slower, for all else: operands are transposed first and stacks taken apart.
import type { Ref } from "../program/program.js";
import { Kernels } from "./kernels.js";

export class WasmKernels extends Kernels {
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
