// swiglu and its gradient, which reads the sigmoid and silu of the forward pass.
import { type Lowering, wide } from "./lowering.js";

export const swiglu: Lowering = (context) => {
  const { kernels } = context;
  const gate = wide(context, 0);
  const silu = kernels.binary("Multiply", gate, kernels.unary("Sigmoid", gate));
  return kernels.binary("Multiply", silu, wide(context, 1));
};

/** With s = sigmoid(gate) and silu = gate · s: silu′ = silu + s · (1 − silu). */
export const swigluGrad: Lowering = (context) => {
  const { kernels } = context;
  const [gate, up, grad] = [wide(context, 0), wide(context, 1), wide(context, 2)];
  const s = kernels.unary("Sigmoid", gate);
  const silu = kernels.binary("Multiply", gate, s);
  const rest = kernels.binary("Sub", kernels.program.scalar(1), silu);
  const slope = kernels.binary("Add", silu, kernels.binary("Multiply", s, rest));
  const gateGrad = kernels.binary("Multiply", kernels.binary("Multiply", grad, up), slope);
  return [gateGrad, kernels.binary("Multiply", grad, silu)];
};
