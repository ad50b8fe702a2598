// Clipping and AdamW in as few passes over each parameter as separate kernels allow: factors are multiplied as scalars.
import type { CompositeAttrs } from "@cambium/ir";
import type { Lowering, operand } from "./lowering.js";

/** Keeps the factor finite for a zero gradient, as the composite's definition has it. */
const norm0 = 1e-6;

export const clipByGlobalNorm: Lowering<CompositeAttrs<"clipByGlobalNorm">> = ({ kernels, inputs, attrs }) => {
  const norm = kernels.unary("Sqrt", kernels.squareSum(inputs));
  const { program } = kernels;
  const room = kernels.binary(
    "RealDiv",
    program.scalar(attrs.maxNorm),
    kernels.binary("Add", norm, program.scalar(norm0)),
  );
  return [kernels.binary("Minimum", room, program.scalar(1)), norm];
};

/**
 * With c₁ = 1 − β₁ᵗ and c₂ = √(1 − β₂ᵗ): lr · (m'/c₁) / (√v'/c₂ + eps) = (lr · c₂/c₁) · m' / (√v' + eps · c₂).
 */
export const adamw: Lowering<CompositeAttrs<"adamw">> = (context) => {
  const { kernels, attrs } = context;
  const [param, grad, m, v, gradScale, lr, step] = context.inputs as Operands;
  const { beta1, beta2, eps, weightDecay, lrMultiplier } = attrs;
  const { binary, scalar, times } = {
    binary: kernels.binary.bind(kernels),
    scalar: (value: number) => kernels.program.scalar(value),
    times: (x: Operand, y: Operand) => kernels.binary("Multiply", x, y),
  };
  const time = kernels.cast(step, "float32");
  /** 1 − βᵗ as in the composite, without loss of digits if βᵗ ≈ 1: tanh(−x/2) · (eˣ + 1) with x = t · ln β. */
  const correction = (beta: number) => {
    const x = times(time, scalar(Math.log(beta)));
    return times(kernels.unary("Tanh", times(x, scalar(-0.5))), binary("Add", kernels.unary("Exp", x), scalar(1)));
  };
  const root = kernels.unary("Sqrt", correction(beta2));
  const size = binary("RealDiv", times(times(lr, scalar(lrMultiplier)), root), correction(beta1));
  const floor = times(root, scalar(eps));
  const keep = binary("Sub", scalar(1), times(lr, scalar(weightDecay)));

  const nextM = binary("Add", times(m, scalar(beta1)), times(grad, times(gradScale, scalar(1 - beta1))));
  const square = times(kernels.unary("Square", grad), times(times(gradScale, gradScale), scalar(1 - beta2)));
  const nextV = binary("Add", times(v, scalar(beta2)), square);
  const move = binary("RealDiv", times(nextM, size), binary("Add", kernels.unary("Sqrt", nextV), floor));
  return [binary("Sub", times(param, keep), move), nextM, nextV];
};

/** The update if the gradients' factor is not 0, else the old value. */
export const guardedAdamw: Lowering<CompositeAttrs<"guardedAdamw">> = (context) => {
  const { kernels } = context;
  const [param, , m, v, gradScale] = context.inputs as Operands;
  const go = kernels.predicate("Less", kernels.program.scalar(0), gradScale);
  const next = adamw(context) as readonly [Operand, Operand, Operand];
  return [param, m, v].map((old, i) => kernels.select(go, next[i] as Operand, old));
};

type Operand = ReturnType<typeof operand>;
type Operands = readonly [Operand, Operand, Operand, Operand, Operand, Operand, Operand];
