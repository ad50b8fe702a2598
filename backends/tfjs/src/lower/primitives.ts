// Every primitive of the IR in kernels. The table is total: a new primitive does not compile without its entry.
import { normalizeAxis, numel, type PrimitiveAttrs } from "@cambium/ir";
import { held } from "../device/edge.js";
import { heldBy } from "../engines/engine.js";
import type { Binary, Predicate, Unary } from "../kernels/kernels.js";
import { type Lowering, operand, type PrimitiveLowerings, shapeOf } from "./lowering.js";

const unary =
  (name: Unary): Lowering =>
  (context) =>
    context.kernels.unary(name, operand(context, 0));
const binary =
  (name: Binary): Lowering =>
  (context) =>
    context.kernels.binary(name, operand(context, 0), operand(context, 1));
const predicate =
  (name: Predicate): Lowering =>
  (context) =>
    context.kernels.predicate(name, operand(context, 0), operand(context, 1));
const reduction =
  (name: "sum" | "max"): Lowering<PrimitiveAttrs<"reduceSum">> =>
  (context) => {
    const x = operand(context, 0);
    const axes = context.attrs.axes.map((axis) => normalizeAxis(axis, x.shape.length));
    return context.kernels[name](x, axes, context.attrs.keepDims);
  };

export const primitiveLowerings: PrimitiveLowerings = {
  abs: unary("Abs"),
  add: binary("Add"),
  // Kernels run in the graph's order, so that the value itself will do.
  after: (context) => operand(context, 0),
  and: predicate("LogicalAnd"),
  argMax: (context) => {
    const x = operand(context, 0);
    return context.kernels.argMax(x, normalizeAxis(context.attrs.axis, x.shape.length));
  },
  broadcast: (context) => context.kernels.broadcast(operand(context, 0), shapeOf(context)),
  cast: (context) => context.kernels.convert(operand(context, 0), context.attrs.to),
  concat: ({ kernels, inputs, attrs }) =>
    kernels.concat(inputs, normalizeAxis(attrs.axis, (inputs[0]?.shape ?? []).length)),
  constant: ({ kernels, attrs }) => {
    const { dtype, shape, data } = attrs.value;
    const as = heldBy(kernels.program.engine)[dtype];
    if (as !== "bfloat16") return kernels.program.constant(held(dtype, data), shape, as);
    return kernels.cast(kernels.program.constant(held(dtype, data), shape, "float32"), as);
  },
  cos: unary("Cos"),
  div: binary("RealDiv"),
  equal: predicate("Equal"),
  exp: unary("Exp"),
  floor: unary("Floor"),
  gather: (context) => context.kernels.gather(operand(context, 0), operand(context, 1)),
  iota: (context) => {
    const shape = shapeOf(context);
    const axis = normalizeAxis(context.attrs.axis, shape.length);
    const inner = numel(shape.slice(axis + 1));
    const data = new Int32Array(numel(shape)).map((_, i) => Math.floor(i / inner) % (shape[axis] as number));
    return context.kernels.program.constant(data, shape, "int32");
  },
  less: predicate("Less"),
  log: unary("Log"),
  matmul: (context) => {
    return context.kernels.matmul(operand(context, 0), operand(context, 1), context.attrs);
  },
  maximum: binary("Maximum"),
  minimum: binary("Minimum"),
  mul: binary("Multiply"),
  neg: unary("Neg"),
  not: (context) => context.kernels.not(operand(context, 0)),
  pad: (context) => context.kernels.pad(operand(context, 0), context.attrs.before, context.attrs.after),
  reduceMax: reduction("max"),
  reduceSum: reduction("sum"),
  reshape: (context) => context.kernels.reshape(operand(context, 0), shapeOf(context)),
  rsqrt: unary("Rsqrt"),
  scatterAdd: (context) => {
    const [updates, indices] = [operand(context, 0), operand(context, 1)];
    const count = numel(indices.shape);
    const rows = context.attrs.rows;
    const flat = context.kernels.reshape(updates, [count, numel(updates.shape) / count]);
    const sums = context.kernels.scatterAdd(flat, context.kernels.reshape(indices, [count]), rows);
    return context.kernels.reshape(sums, shapeOf(context));
  },
  select: (context) => context.kernels.select(operand(context, 0), operand(context, 1), operand(context, 2)),
  sigmoid: unary("Sigmoid"),
  sin: unary("Sin"),
  slice: (context) => context.kernels.slice(operand(context, 0), context.attrs.start, shapeOf(context)),
  sqrt: unary("Sqrt"),
  sub: binary("Sub"),
  tanh: unary("Tanh"),
  transpose: (context) => context.kernels.transpose(operand(context, 0), context.attrs.permutation),
};
