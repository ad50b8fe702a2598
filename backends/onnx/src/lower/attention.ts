// Attention forward is ONNX's own operator, which hands out the probabilities; backward is four batched products.
import { contrib } from "../onnx/graph.js";
import { type Lowering, type LoweringContext, nameOf, outputShape, reshaped, typeOf } from "./lowering.js";

/** `qk_matmul_output_mode` of Attention: the scores after softmax. */
const afterSoftmax = 3;

export const attention: Lowering = ({ graph, inputs, attrs, read }) => {
  const attributes = {
    is_causal: 1,
    q_num_heads: attrs["heads"] as number,
    kv_num_heads: attrs["kvHeads"] as number,
    qk_matmul_output_mode: afterSoftmax,
  };
  const shared = read[1] ? true : null;
  const [out, , , probabilities] = graph.nodes("Attention", inputs, attributes, {
    outputs: [true, null, null, shared],
  });
  return [out as string, probabilities as string];
};

export const attentionGrad: Lowering = (context) => {
  const { graph, attrs } = context;
  const [heads, kvHeads] = [attrs["heads"] as number, attrs["kvHeads"] as number];
  const [batch, time, width] = typeOf(context, 0).shape as [number, number, number];
  const headDim = width / heads;
  const rows = (heads / kvHeads) * time;
  const alpha = { float: 1 / Math.sqrt(headDim) };
  const [, , , , probabilities = ""] = context.inputs;
  const product = (a: string, b: string, attributes = {}) => graph.node("FusedMatMul", [a, b], attributes, contrib);

  const q = byHead(context, 0, heads, [batch, kvHeads, rows, headDim]);
  const k = byHead(context, 1, kvHeads, [batch, kvHeads, time, headDim]);
  const v = byHead(context, 2, kvHeads, [batch, kvHeads, time, headDim]);
  const grad = byHead(context, 5, heads, [batch, kvHeads, rows, headDim]);
  const p = reshaped(graph, probabilities, [batch, kvHeads, rows, time]);

  const weighted = reshaped(graph, graph.node("Mul", [nameOf(context, 3), nameOf(context, 5)]), [
    batch,
    time,
    heads,
    headDim,
  ]);
  const sums = graph.node("ReduceSum", [weighted, graph.ints([3])], { keepdims: 0 });
  const delta = reshaped(graph, graph.node("Transpose", [sums], { perm: [0, 2, 1] }), [batch, kvHeads, rows, 1]);

  const probabilityGrad = product(grad, v, { transB: 1 });
  const scoreGrad = graph.node("Mul", [graph.node("Sub", [probabilityGrad, delta]), p]);
  const sideBySide = (x: string, ofHeads: number, output: number) => {
    const split = reshaped(graph, x, [batch, ofHeads, time, headDim]);
    return reshaped(graph, graph.node("Transpose", [split], { perm: [0, 2, 1, 3] }), outputShape(context, output));
  };
  return [
    sideBySide(product(scoreGrad, k, { alpha }), heads, 0),
    sideBySide(product(scoreGrad, q, { transA: 1, alpha }), kvHeads, 1),
    sideBySide(product(p, grad, { transA: 1 }), kvHeads, 2),
  ];
};

/** Input `input` [batch, time, heads · headDim] with its heads outside time, as `shape`. */
function byHead(context: LoweringContext, input: number, heads: number, shape: readonly number[]): string {
  const { graph } = context;
  const [batch, time, width] = typeOf(context, input).shape as [number, number, number];
  const split = reshaped(graph, nameOf(context, input), [batch, time, heads, width / heads]);
  const turned = graph.node("Transpose", [split], { perm: [0, 2, 1, 3] });
  return reshaped(graph, turned, shape);
}
