// matmul: Gemm for plain matrices, FusedMatMul for batches; both read transposed operands in place.
import { type Node, numel, type PrimitiveAttrs } from "@cambium/ir";
import { contrib, type OnnxAttribute } from "../onnx/graph.js";
import { type Lowering, type LoweringContext, nameOf, outputShape, reshaped, typeOf } from "./lowering.js";

export const matmul: Lowering<PrimitiveAttrs<"matmul">> = (context) => product(context, 1);

/** Rows that the node multiplies with its second input, a matrix; 0 if it is no such product. */
export function rowsMultiplied({ op, inputs: [a, b], attrs }: Node): number {
  if (!a || !b || !products.includes(op.name) || b.type.shape.length !== 2) return 0;
  const { shape } = a.type;
  return numel(shape) / (shape.at((attrs as { transA?: boolean }).transA ? -2 : -1) as number);
}

const products = ["matmul", "onnx.gemm", "onnx.scaledMatmul"];

/** a · b with the node's transposes, times `alpha`. */
export function product(context: LoweringContext<PrimitiveAttrs<"matmul">>, alpha: number): string {
  const { graph, inputs, attrs } = context;
  const [a, b] = [typeOf(context, 0).shape, typeOf(context, 1).shape];
  const [transA, transB] = [attrs.transA ? 1 : 0, attrs.transB ? 1 : 0];
  const scaled: Record<string, OnnxAttribute> = alpha === 1 ? {} : { alpha: { float: alpha } };
  if (a.length === 2 && b.length === 2) return graph.node("Gemm", inputs, { transA, transB, ...scaled });
  if (b.length === 2 && !transA) {
    const width = a.at(-1) as number;
    const rows = reshaped(graph, nameOf(context, 0), [numel(a) / width, width]);
    const flat = graph.node("Gemm", [rows, nameOf(context, 1)], { transB, ...scaled });
    return reshaped(graph, flat, outputShape(context));
  }
  return graph.node("FusedMatMul", inputs, { transA, transB, ...scaled }, contrib);
}
