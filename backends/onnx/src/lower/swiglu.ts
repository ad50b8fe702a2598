// swiglu and its gradient, with as few passes over the MLP's activations as separate operators allow.
import { contrib, type OnnxGraph } from "../onnx/graph.js";
import { type Lowering, nameOf } from "./lowering.js";

export const swiglu: Lowering = (context) => {
  const silu = context.graph.node("QuickGelu", [nameOf(context, 0)], { alpha: { float: 1 } }, contrib);
  return context.graph.node("Mul", [silu, nameOf(context, 1)]);
};

/** With s = sigmoid(gate) and y = gate · s · up: ∂y/∂gate = y + s · (up − y). */
export const swigluGrad: Lowering = (context) => {
  const { graph } = context;
  const [gate, up, grad] = context.inputs as [string, string, string];
  const { s, silu, y } = parts(graph, gate, up);
  const slope = graph.node("Add", [y, graph.node("Mul", [s, graph.node("Sub", [up, y])])]);
  return [graph.node("Mul", [grad, slope]), graph.node("Mul", [grad, silu])];
};

export const sharedSwiglu: Lowering = (context) => parts(context.graph, nameOf(context, 0), nameOf(context, 1)).y;

/** The values of the forward pass that the gradient needs, computed once for all readers. */
function parts(graph: OnnxGraph, gate: string, up: string): Readonly<Record<"s" | "silu" | "y", string>> {
  const s = graph.once(`sigmoid of ${gate}`, () => graph.node("Sigmoid", [gate]));
  const silu = graph.once(`silu of ${gate}`, () => graph.node("Mul", [gate, s]));
  const y = graph.once(`${gate} gates ${up}`, () => graph.node("Mul", [silu, up]));
  return { s, silu, y };
}
