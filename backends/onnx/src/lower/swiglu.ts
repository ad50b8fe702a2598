// swiglu and its gradient: as few passes over the MLP's activations as separate operators allow.
import { type Lowering, nameOf } from "./lowering.js";

export const swiglu: Lowering = (context) => {
  const { graph } = context;
  const gate = nameOf(context, 0);
  const silu = graph.node("Mul", [gate, graph.node("Sigmoid", [gate])]);
  return graph.node("Mul", [silu, nameOf(context, 1)]);
};

/** With s = sigmoid(gate) and silu = gate · s: silu′ = s + silu · (1 − s). */
export const swigluGrad: Lowering = (context) => {
  const { graph } = context;
  const [gate, up, grad] = context.inputs as [string, string, string];
  const s = graph.node("Sigmoid", [gate]);
  const silu = graph.node("Mul", [gate, s]);
  const rest = graph.node("Sub", [graph.scalar(1), s]);
  const slope = graph.node("Add", [s, graph.node("Mul", [silu, rest])]);
  const gateGrad = graph.node("Mul", [graph.node("Mul", [grad, up]), slope]);
  return [gateGrad, graph.node("Mul", [grad, silu])];
};
