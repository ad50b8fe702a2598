// scaledMatmul: alpha · a b, the factor inside the product.
import { defineComposite, drawn, matmul, mul, primitives, type TensorType } from "@cambium/ir";

export interface ScaledMatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}

/** As `matmul`, times `alpha`. */
export const scaledMatmul = defineComposite({
  name: "onnx.scaledMatmul",
  inputs: ["a", "b"],
  attrs: (given: ScaledMatmulAttrs) => given,
  infer: ([a, b], { transA, transB }) => primitives.matmul.op.infer([a, b], { transA, transB })[0] as TensorType,
  decompose: ([a, b], { transA, transB, alpha }) => mul(matmul(a, b, { transA, transB }), alpha),
  samples: [
    { inputs: [drawn("f32", [3, 4]), drawn("f32", [4, 5])], attrs: { transA: false, transB: false, alpha: 0.25 } },
    { inputs: [drawn("f32", [2, 4, 3]), drawn("f32", [2, 4, 5])], attrs: { transA: true, transB: false, alpha: -3 } },
  ],
});
