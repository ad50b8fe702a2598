// gemm: alpha · a b + beta · c on plain matrices, ONNX's Gemm. c carries small sums.
import {
  add,
  broadcastShapes,
  CambiumError,
  defineComposite,
  drawn,
  formatType,
  matmul,
  mul,
  primitives,
  type Tensor,
  type TensorType,
} from "@cambium/ir";

export interface GemmAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
  readonly beta: number;
}

/** `a` [m, k], `b` [k, n] (or transposed), `c` broadcasting to [m, n] → [m, n]. */
export const gemm = defineComposite({
  name: "onnx.gemm",
  inputs: ["a", "b", "c"],
  attrs: (given: GemmAttrs) => given,
  infer: ([a, b, c], { transA, transB }) => {
    const [type] = primitives.matmul.op.infer([a, b], { transA, transB }) as [TensorType];
    if (type.shape.length !== 2 || broadcastShapes(c.shape, type.shape).join() !== type.shape.join()) {
      throw new CambiumError("E_SHAPE", "c does not broadcast to the product of two matrices", {
        got: [a, b, c].map(formatType).join(", "),
      });
    }
    return type;
  },
  decompose: ([a, b, c], { transA, transB, alpha, beta }): Tensor =>
    add(mul(matmul(a, b, { transA, transB }), alpha), mul(c, beta)),
  samples: [
    {
      inputs: [drawn("f32", [3, 4]), drawn("f32", [4, 5]), drawn("f32", [3, 5])],
      attrs: { transA: false, transB: false, alpha: 1, beta: 1 },
    },
    {
      inputs: [drawn("f32", [4, 3]), drawn("f32", [5, 4]), drawn("f32", [5])],
      attrs: { transA: true, transB: true, alpha: 0.5, beta: -2 },
    },
    {
      inputs: [drawn("f32", [3, 4]), drawn("f32", [5, 4]), drawn("f32", [3, 1])],
      attrs: { transA: false, transB: true, alpha: 1, beta: 1 },
    },
  ],
});
