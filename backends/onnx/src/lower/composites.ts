// Composites that ONNX Runtime computes faster as a whole. The others are decomposed into primitives first.
import { numel } from "@cambium/ir";
import { contrib } from "../onnx/graph.js";
import { type CompositeLowerings, nameOf, reshaped, typeOf } from "./lowering.js";
import { rmsNorm, rmsNormGrad } from "./rms-norm.js";
import { swiglu, swigluGrad } from "./swiglu.js";

export const compositeLowerings: CompositeLowerings = {
  rmsNorm,
  rmsNormGrad,
  replaceRow: (context) => {
    const { graph } = context;
    const [x, row, position] = [nameOf(context, 0), nameOf(context, 1), nameOf(context, 2)];
    const { shape } = typeOf(context, 1);
    const places = graph.once(`${position} for ${shape}`, () =>
      graph.node("Expand", [reshaped(graph, position, [1], "i32"), graph.ints(shape)]),
    );
    return graph.node("ScatterElements", [x, places, row], { axis: -2 });
  },
  rope: (context) => {
    const { graph, attrs } = context;
    const [x, cos, sin] = context.inputs as [string, string, string];
    const half = numel(typeOf(context, 1).shape) / (typeOf(context, 1).shape[0] as number);
    const turn = attrs.inverse ? graph.once(`−${sin}`, () => graph.node("Neg", [sin])) : sin;
    const attributes = { interleaved: 0, num_heads: attrs.heads, rotary_embedding_dim: 2 * half };
    return graph.node("RotaryEmbedding", [x, graph.ints([0]), cos, turn], attributes, contrib);
  },
  softmax: ({ graph, inputs }) => graph.node("Softmax", inputs, { axis: -1 }),
  swiglu,
  swigluGrad,
};
