// The lowering of every primitive: a name missing here is a compile error.
import { type HostTensor, numel, type PrimitiveAttrs, type TensorType } from "@cambium/ir";
import { heldAs, widen } from "../edge.js";
import { elementType } from "../onnx/graph.js";
import { type Lowering, nameOf, type PrimitiveLowerings, reshaped, single, typeOf } from "./lowering.js";
import { matmul } from "./matmul.js";
import { scatterAdd } from "./scatter-add.js";

export const primitiveLowerings: PrimitiveLowerings = {
  abs: single("Abs"),
  add: single("Add"),
  after: (context) => {
    context.graph.await(nameOf(context, 1));
    return context.graph.reshape(nameOf(context, 0), context.outputTypes[0] as TensorType);
  },
  and: single("And"),
  argMax: (context) => {
    const { graph, inputs, attrs } = context;
    const index = graph.node("ArgMax", inputs, { axis: attrs.axis, keepdims: 0 });
    return graph.node("Cast", [index], { to: elementType("i32") });
  },
  broadcast: ({ graph, inputs: [x = ""], attrs }) => graph.node("Expand", [x, graph.ints(attrs.shape)]),
  cast: (context) => {
    const { graph, inputs, attrs } = context;
    const { to } = attrs;
    const rounded = graph.node("Cast", inputs, { to: elementType(to) });
    return heldAs[to] === to ? rounded : graph.node("Cast", [rounded], { to: elementType(heldAs[to]) });
  },
  concat: ({ graph, inputs, attrs }) => graph.node("Concat", inputs, { axis: attrs.axis }),
  constant: ({ graph, attrs }) => constant(graph, attrs.value),
  cos: single("Cos"),
  div: single("Div"),
  equal: single("Equal"),
  exp: single("Exp"),
  floor: single("Floor"),
  gather: single("Gather"),
  iota: ({ graph, attrs }) => {
    const { shape } = attrs;
    const axis = (attrs.axis + shape.length) % shape.length;
    const size = shape[axis] as number;
    const counted = graph.node(
      "Range",
      [0, size, 1].map((n) => graph.constant("i32", [], [n])),
    );
    const line = shape.map((n, i) => (i === axis ? n : 1));
    const placed = reshaped(graph, counted, line, "i32");
    return size === numel(shape) ? placed : graph.node("Expand", [placed, graph.ints(shape)]);
  },
  less: single("Less"),
  log: single("Log"),
  matmul,
  maximum: single("Max"),
  minimum: single("Min"),
  mul: single("Mul"),
  neg: single("Neg"),
  not: single("Not"),
  pad: ({ graph, inputs: [x = ""], attrs }) => {
    return graph.node("Pad", [x, graph.ints([...attrs.before, ...attrs.after])]);
  },
  reduceMax: reduction("ReduceMax"),
  reduceSum: reduction("ReduceSum"),
  reshape: (context) => context.graph.reshape(nameOf(context, 0), context.outputTypes[0] as TensorType),
  rsqrt: ({ graph, inputs }) => graph.node("Reciprocal", [graph.node("Sqrt", inputs)]),
  scatterAdd,
  select: (context) => {
    const { graph, inputs } = context;
    if (typeOf(context, 1).dtype !== "bool") return graph.node("Where", inputs);
    // ONNX Runtime has no Where over bools.
    const [condition = "", a = "", b = ""] = inputs;
    const whenTrue = graph.node("And", [condition, a]);
    return graph.node("Or", [whenTrue, graph.node("And", [graph.node("Not", [condition]), b])]);
  },
  sigmoid: single("Sigmoid"),
  sin: single("Sin"),
  slice: ({ graph, inputs: [x = ""], attrs }) => {
    const { start, end } = attrs;
    const axes = start.map((_, i) => i);
    return start.length === 0 ? x : graph.node("Slice", [x, graph.ints(start), graph.ints(end), graph.ints(axes)]);
  },
  sqrt: single("Sqrt"),
  sub: single("Sub"),
  tanh: single("Tanh"),
  transpose: ({ graph, inputs, attrs }) => graph.node("Transpose", inputs, { perm: [...attrs.permutation] }),
};

function constant(graph: Parameters<Lowering>[0]["graph"], { dtype, shape, data }: HostTensor): string {
  return graph.constant(heldAs[dtype], shape, widen(dtype, data));
}

function reduction(type: string): Lowering<PrimitiveAttrs<"reduceSum">> {
  return ({ graph, inputs: [x = ""], attrs }) => {
    const { axes, keepDims } = attrs;
    // An empty list of axes means "all of them" to ONNX and "none of them" here.
    return axes.length === 0 ? x : graph.node(type, [x, graph.ints(axes)], { keepdims: keepDims ? 1 : 0 });
  };
}
