// matmul: the batched matrix product with optional transposes. Nearly all compute time goes here.

import type { TensorType } from "../dtype.js";
import { formatType, isFloat } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { broadcastShapes, broadcastStrides, numel } from "../shape.js";
import { sumTo } from "./shared/adjoints.js";

export interface Transposes {
  /** Read `a` as [.., k, m]. */
  readonly transA: boolean;
  /** Read `b` as [.., n, k], as a weight stored [out, in] is. */
  readonly transB: boolean;
}

/**
 * `a` [.., m, k] · `b` [.., k, n] → f32 [.., m, n]; leading axes broadcast. Either side may be stored in half precision.
 * @throws CambiumError `E_SHAPE` when the inner sizes differ or a rank is below 2, `E_DTYPE` unless both are floats.
 */
export const matmul = definePrimitive({
  name: "matmul",
  inputs: ["a", "b"],
  matrix: true,
  stored: ["a", "b"],
  attrs: (given: Partial<Transposes>) => ({ transA: false, transB: false, ...given }),
  infer: ([a, b], attrs) => {
    const { m, n, batch } = sizes(a, b, attrs);
    return { dtype: "f32", shape: [...batch, m, n] };
  },
  vjp: ({ inputs: [a, b], grads: [grad], attrs: { transA, transB } }): Gradients => {
    if (!grad) return [null, null];
    const da = transA ? matmul(b, grad, { transA: transB, transB: true }) : matmul(grad, b, { transB: !transB });
    const db = transB ? matmul(grad, a, { transA: true, transB: transA }) : matmul(a, grad, { transA: !transA });
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
  evaluate: ([a, b], attrs) => {
    const { m, n, k, batch } = sizes(a.type, b.type, attrs);
    const out = new Float64Array(numel(batch) * m * n);
    const aStep = attrs.transA ? [1, m] : [k, 1];
    const bStep = attrs.transB ? [1, k] : [n, 1];
    const aBatch = broadcastStrides(a.type.shape.slice(0, -2), batch);
    const bBatch = broadcastStrides(b.type.shape.slice(0, -2), batch);
    for (let p = 0, o = 0; p < numel(batch); p++) {
      let rest = p;
      let aBase = 0;
      let bBase = 0;
      for (let axis = batch.length - 1; axis >= 0; axis--) {
        const size = batch[axis] as number;
        aBase += (rest % size) * (aBatch[axis] as number) * m * k;
        bBase += (rest % size) * (bBatch[axis] as number) * k * n;
        rest = Math.floor(rest / size);
      }
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let t = 0; t < k; t++) {
            const x = a.data[aBase + i * (aStep[0] as number) + t * (aStep[1] as number)] as number;
            sum += x * (b.data[bBase + t * (bStep[0] as number) + j * (bStep[1] as number)] as number);
          }
          out[o++] = sum;
        }
      }
    }
    return out;
  },
  flops: ([a, b], attrs) => {
    const { m, n, k, batch } = sizes(a, b, attrs);
    return 2 * numel(batch) * m * n * k;
  },
  samples: [
    { inputs: [drawn("f32", [3, 4]), drawn("f32", [4, 5])] },
    { inputs: [drawn("f32", [4, 3]), drawn("f32", [4, 5])], attrs: { transA: true } },
    { inputs: [drawn("f32", [3, 4]), drawn("f32", [5, 4])], attrs: { transB: true } },
    { inputs: [drawn("f32", [4, 3]), drawn("f32", [5, 4])], attrs: { transA: true, transB: true } },
    {
      inputs: [drawn("f32", [2, 3, 4]), drawn("f32", [5, 4])],
      attrs: { transB: true },
      note: "a batch against one matrix",
    },
    { inputs: [drawn("f32", [2, 1, 3, 4]), drawn("f32", [3, 4, 2])], note: "broadcast batch axes" },
    { inputs: [drawn("f32", [2, 2, 4, 3]), drawn("f32", [2, 2, 2, 4])], attrs: { transA: true, transB: true } },
    { inputs: [drawn("f32", [1, 1]), drawn("f32", [1, 1])] },
    { inputs: [drawn("f16", [3, 4]), drawn("f16", [5, 4])], attrs: { transB: true } },
    { inputs: [drawn("f16", [2, 3, 5]), drawn("f32", [3, 4])], attrs: { transA: true }, note: "mixed" },
  ],
});

function sizes(a: TensorType, b: TensorType, { transA, transB }: Transposes) {
  const [ra, rb] = [a.shape.length, b.shape.length];
  if (!isFloat(a.dtype) || !isFloat(b.dtype)) {
    throw new CambiumError("E_DTYPE", "both sides must be f32, or stored as f16 or bf16", {
      got: `${formatType(a)} and ${formatType(b)}`,
    });
  }
  if (ra < 2 || rb < 2) {
    throw new CambiumError("E_SHAPE", "both sides need at least two axes", {
      got: `${formatType(a)} and ${formatType(b)}`,
    });
  }
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [m, k] = transA ? [a1, a0] : [a0, a1];
  const [kb, n] = transB ? [b1, b0] : [b0, b1];
  if (k !== kb) {
    throw new CambiumError("E_SHAPE", `inner sizes differ: ${k} and ${kb}`, {
      expected: `a: [.., ${transA ? "k, m" : "m, k"}], b: [.., ${transB ? "n, k" : "k, n"}]`,
      got: `${formatType(a)} and ${formatType(b)}`,
    });
  }
  return { m, n, k, batch: broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)) };
}
