// swiglu and its gradient, which reads the sigmoid and silu of the forward pass.
import { type Lowering, operand } from "./lowering.js";

export const swiglu: Lowering = (context) => {
  const { kernels } = context;
  const gate = operand(context, 0);
  const silu = kernels.binary("Multiply", gate, kernels.unary("Sigmoid", gate));
  return kernels.binary("Multiply", silu, operand(context, 1));
};

/** With s = sigmoid(gate) and silu = gate · s: silu′ = silu + s · (1 − silu). */
export const swigluGrad: Lowering = (context) => {
  const { kernels } = context;
  const [gate, up, grad] = [operand(context, 0), operand(context, 1), operand(context, 2)];
  const s = kernels.unary("Sigmoid", gate);
  const silu = kernels.binary("Multiply", gate, s);
  const rest = kernels.binary("Sub", kernels.program.scalar(1), silu);
  const slope = kernels.binary("Add", silu, kernels.binary("Multiply", s, rest));
  const gateGrad = kernels.binary("Multiply", kernels.binary("Multiply", grad, up), slope);
  return [gateGrad, kernels.binary("Multiply", grad, silu)];
};
