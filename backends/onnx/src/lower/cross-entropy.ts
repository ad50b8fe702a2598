// The loss: logits, probabilities, and the mean of −log p[target] without taking the logarithm of a vanishing p.
import type { OnnxGraph } from "../onnx/graph.js";
import { type Lowering, nameOf, reshaped, typeOf } from "./lowering.js";

export const crossEntropy: Lowering = (context) => {
  const { graph, read } = context;
  const [hidden, weight, targets] = [nameOf(context, 0), nameOf(context, 1), nameOf(context, 2)];
  const rows = typeOf(context, 0).shape[0] as number;
  const column = reshaped(graph, targets, [rows, 1], "i32");
  const logits = graph.node("Gemm", [hidden, weight], { transB: 1 });
  if (!read[1]) {
    const logs = graph.node("LogSoftmax", [logits], { axis: -1 });
    return [graph.node("Neg", [mean(graph, picked(graph, logs, column))]), ""];
  }
  const probabilities = graph.node("Softmax", [logits], { axis: -1 });
  // The row's largest probability is 1/Σ exp(logit − peak): log Σ exp(logit) = peak − log of it.
  const [peak, certain] = [largest(graph, logits), largest(graph, probabilities)];
  const logSumExp = graph.node("Sub", [peak, graph.node("Log", [certain])]);
  const loss = mean(graph, graph.node("Sub", [logSumExp, picked(graph, logits, column)]));
  return [loss, probabilities];
};

export const crossEntropyGrad: Lowering<{ readonly scale: number }> = (context) => {
  const { graph, attrs } = context;
  const [hidden, weight, targets, probabilities] = context.inputs as [string, string, string, string];
  const rows = typeOf(context, 0).shape[0] as number;
  const column = reshaped(graph, targets, [rows, 1], "i32");
  const minus = graph.node("Expand", [graph.scalar(-1), graph.ints([rows, 1])]);
  // There is one index per row, so that nothing is added twice. If nothing else reads the probabilities, ONNX Runtime
  // overwrites them.
  const wrong = graph.node("ScatterElements", [probabilities, column, minus], { axis: 1, reduction: "add" });
  const alpha = { float: attrs.scale / rows };
  return [graph.node("Gemm", [wrong, weight], { alpha }), graph.node("Gemm", [wrong, hidden], { transA: 1, alpha })];
};

function picked(graph: OnnxGraph, rows: string, column: string): string {
  return graph.node("GatherElements", [rows, column], { axis: 1 });
}

function largest(graph: OnnxGraph, rows: string): string {
  return graph.node("ReduceMax", [rows, graph.ints([1])], { keepdims: 1 });
}

function mean(graph: OnnxGraph, column: string): string {
  return graph.node("ReduceMean", [column, graph.ints([0, 1])], { keepdims: 0 });
}
