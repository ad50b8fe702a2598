// What is wrong or slow in tfjs-backend-wasm, by kernel:
// BatchMatMul has a fast path (XNNPACK) for a single product without transposes; everything else runs in plain loops,
// twenty times slower. So operands are transposed first and stacks are split.
// Slice first copies its whole input out of the heap, once for each matrix of a stack. So matrices are read directly.
// OneHot writes the bits of integers even if float32 is asked for. So int32 is asked for and cast.
// UnsortedSegmentSum is not registered. So ScatterNd is used, as on every engine but TensorFlow.
import type { Ref } from "../program/program.js";
import type { TensorInfo, TfData } from "../tfjs.js";
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
    const parts = Array.from({ length: a.shape[0] as number }, (_, i) => {
      const product = this.product(this.#nth(left, i), this.#nth(right, i), false, false);
      return this.reshape(product, [1, ...product.shape]);
    });
    return this.concat(parts, 0);
  }

  /** Matrix `i` of a stack. */
  #nth(x: Ref, i: number): Ref {
    const [, rows, columns] = x.shape as [number, number, number];
    const size = rows * columns;
    const engine = this.program.engine.tf.engine();
    return this.program.append(
      "Slice",
      [x],
      { i },
      [{ shape: [rows, columns], dtype: x.dtype }],
      ([out]) =>
        (values) => {
          const { dataId } = values[x.slot] as TensorInfo;
          const part = (engine.backend as unknown as WasmBackend).readSync(dataId, i * size, (i + 1) * size);
          values[out as number] = engine.makeTensor(part, [rows, columns], "float32");
        },
    )[0] as Ref;
  }
}

interface WasmBackend {
  /** A copy of the elements [start, end). */
  readSync(dataId: object, start: number, end: number): TfData;
}
