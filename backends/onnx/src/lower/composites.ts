// Composites that ONNX Runtime has fast kernels for. The others reach the lowering as primitives.
import type { CompositeName } from "@cambium/ir";
import { type Lowering, nameOf } from "./lowering.js";

export const compositeLowerings: Partial<Record<CompositeName, Lowering>> = {
  softmax: ({ graph, inputs }) => graph.node("Softmax", inputs, { axis: -1 }),
  rmsNorm: (context) => {
    const { graph, inputs, attrs } = context;
    const attributes = { axis: -1, epsilon: { float: attrs["eps"] as number }, stash_type: 1 };
    return graph.nodes("SimplifiedLayerNormalization", inputs, attributes, { outputs: [true, true] });
  },
  swiglu: (context) => {
    const { graph } = context;
    const gate = nameOf(context, 0);
    const silu = graph.node("Mul", [gate, graph.node("Sigmoid", [gate])]);
    return graph.node("Mul", [silu, nameOf(context, 1)]);
  },
};
