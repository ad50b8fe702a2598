// rmsNorm and its gradient. The normalised x is shared by both; sums over the last axis and over rows are products.
import { type CompositeAttrs, numel } from "@cambium/ir";
import { type Lowering, type LoweringContext, operand } from "./lowering.js";

export const rmsNorm: Lowering<CompositeAttrs<"rmsNorm">> = (context) => {
  const { kernels, attrs } = context;
  const [x, weight] = [operand(context, 0), operand(context, 1)];
  const width = x.shape.at(-1) as number;
  const last = x.shape.length - 1;
  const mean = kernels.scale(kernels.sum(kernels.unary("Square", x), [last], true), 1 / width);
  const inverse = kernels.unary("Rsqrt", kernels.binary("Add", mean, kernels.program.scalar(attrs.eps)));
  const normal = kernels.binary("Multiply", x, inverse);
  return [kernels.binary("Multiply", normal, weight), inverse];
};

export const rmsNormGrad: Lowering = (context) => {
  const { kernels } = context;
  const [x, weight, inverse, grad] = context.inputs as Operands;
  const [rows, width] = [numel(x.shape) / (x.shape.at(-1) as number), x.shape.at(-1) as number];
  const normal = kernels.binary("Multiply", x, inverse);
  const along = kernels.reshape(kernels.binary("Multiply", grad, normal), [rows, width]);
  const sums = kernels.matmul(along, kernels.reshape(weight, [width, 1]));
  const mean = kernels.reshape(kernels.scale(sums, 1 / width), inverse.shape);
  const off = kernels.binary("Sub", kernels.binary("Multiply", grad, weight), kernels.binary("Multiply", normal, mean));
  const ones = kernels.program.constant(new Float32Array(rows).fill(1), [1, rows], "float32");
  return [kernels.binary("Multiply", off, inverse), kernels.reshape(kernels.matmul(ones, along), weight.shape)];
};

type Operands = readonly [Operand, Operand, Operand, Operand];
type Operand = LoweringContext["inputs"][number];
