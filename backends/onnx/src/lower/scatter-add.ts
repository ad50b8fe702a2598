// scatterAdd. ScatterND is never used: if indices repeat, its `add` loses updates to a race between threads.
import { numel } from "@cambium/ir";
import { elementType, type OnnxGraph } from "../onnx/graph.js";
import { type Lowering, nameOf, outputShape, reshaped, typeOf } from "./lowering.js";

/** Up to this many rows, a product with a one-hot matrix is faster than scattering, and just as exact. */
const oneHotRows = 512;

export const scatterAdd: Lowering = (context) => {
  const { graph } = context;
  const [updates, indices] = [nameOf(context, 0), nameOf(context, 1)];
  const count = numel(typeOf(context, 1).shape);
  const shape = outputShape(context);
  const rows = shape[0] as number;
  const width = numel(shape.slice(1));
  const flat = reshaped(graph, updates, [count, width]);
  const column = reshaped(graph, indices, [count, 1], "i32");
  const summed =
    rows <= oneHotRows
      ? graph.node("Gemm", [oneHot(graph, column, rows), flat], { transA: 1 })
      : scattered(graph, flat, column, rows, width, count);
  return reshaped(graph, summed, shape);
};

/** f32 [count, rows], 1 where the column index is the row's index in `column` [count, 1]. */
function oneHot(graph: OnnxGraph, column: string, rows: number): string {
  const numbers = graph.constant(
    "i32",
    [1, rows],
    Array.from({ length: rows }, (_, i) => i),
  );
  return graph.node("Cast", [graph.node("Equal", [column, numbers])], { to: elementType("f32") });
}

function scattered(
  graph: OnnxGraph,
  updates: string,
  column: string,
  rows: number,
  width: number,
  count: number,
): string {
  const zeros = graph.node("Expand", [graph.scalar(0), graph.ints([rows, width])]);
  const spread = graph.node("Expand", [column, graph.ints([count, width])]);
  return graph.node("ScatterElements", [zeros, spread, updates], { axis: 0, reduction: "add" });
}
