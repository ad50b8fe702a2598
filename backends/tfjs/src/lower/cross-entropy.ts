// The loss: logits, and in one kernel where the engine has it each row's loss and its gradient by the logits.
import { type Lowering, operand } from "./lowering.js";

export const linearCrossEntropy: Lowering = (context) => {
  const { kernels } = context;
  const [hidden, weight, targets] = [operand(context, 0), operand(context, 1), operand(context, 2)];
  const rows = hidden.shape[0] as number;
  const logits = kernels.matmul(hidden, weight, { transB: true });
  const { losses } = kernels.crossEntropy(logits, targets);
  return [kernels.scale(kernels.sum(losses, [0]), 1 / rows), kernels.logSumExp(logits)];
};

export const linearCrossEntropyGrad: Lowering = (context) => {
  const { kernels } = context;
  const [hidden, weight, targets, given, grad] = context.inputs as Operands;
  const [rows, width] = hidden.shape as [number, number];
  const vocab = weight.shape[0] as number;
  const logits = kernels.matmul(hidden, weight, { transB: true });
  const forward = kernels.program.origin(given);
  const own =
    forward?.op === "linearCrossEntropy" && [0, 1].every((i) => forward.inputs[i]?.slot === context.inputs[i]?.slot);
  const wrong = own
    ? kernels.crossEntropy(logits, targets).wrong
    : kernels.binary(
        "Sub",
        kernels.unary("Exp", kernels.binary("Sub", logits, kernels.reshape(given, [rows, 1]))),
        kernels.oneHot(targets, vocab),
      );
  const share = kernels.scale(grad, 1 / rows);
  const scaled = (x: Operand) => kernels.binary("Multiply", x, share);
  // Scales whichever is smaller: the gradient of the logits, or the gradients made from it.
  const before = rows * vocab <= (rows + vocab) * width;
  const cotangents = before ? scaled(wrong) : wrong;
  const grads = [kernels.matmul(cotangents, weight), kernels.matmul(cotangents, hidden, { transA: true })];
  return before ? grads : grads.map(scaled);
};

type Operand = ReturnType<typeof operand>;
type Operands = readonly [Operand, Operand, Operand, Operand, Operand];
