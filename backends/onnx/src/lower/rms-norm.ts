// rmsNorm is ONNX Runtime's SimplifiedLayerNormalization; its gradient is arranged so that most of it is per row.
import { type CompositeAttrs, numel } from "@cambium/ir";
import { contrib } from "../onnx/graph.js";
import { type Lowering, nameOf, outputShape, reshaped, typeOf } from "./lowering.js";

export const rmsNorm: Lowering<CompositeAttrs<"rmsNorm">> = ({ graph, inputs, attrs, read }) => {
  const attributes = { axis: -1, epsilon: { float: attrs.eps }, stash_type: 1 };
  return graph.nodes("SimplifiedLayerNormalization", inputs, attributes, { outputs: [true, read[1] ? true : null] });
};

/**
 * With r = inverseRms, per row: xGrad = r · (grad ∘ weight − x · r² · Σ (grad ∘ x ∘ weight)/hidden), plus a fifth input;
 * weightGrad = Σ over rows of r · grad ∘ x. The sums are products with a vector.
 */
export const rmsNormGrad: Lowering = (context) => {
  const { graph, read } = context;
  const shape = typeOf(context, 0).shape;
  const hidden = shape.at(-1) as number;
  const flat = [numel(shape) / hidden, hidden];
  const rows = flat[0] as number;
  const matrix = (input: number) => {
    const name = nameOf(context, input);
    return shape.length === 2 ? name : reshaped(graph, name, flat);
  };
  const [x, weight, grad] = [matrix(0), nameOf(context, 1), matrix(3)];
  const r = reshaped(graph, nameOf(context, 2), [rows, 1]);

  const crossed = graph.node("Mul", [grad, x]);
  const weightGrad = read[1] ? graph.node("MatMul", [reshaped(graph, r, [1, rows]), crossed]) : "";
  const share = graph.node("Mul", [weight, graph.scalar(-1 / hidden)]);
  const along = graph.node("MatMul", [crossed, reshaped(graph, share, [hidden, 1])]);
  const back = graph.node("Mul", [along, graph.node("Mul", [r, r])]);
  const inner = graph.node("GatedAdd", [graph.node("Mul", [grad, weight]), x, back], {}, contrib);
  const xGrad =
    context.inputs.length > 4
      ? graph.node("GatedAdd", [matrix(4), inner, r], {}, contrib)
      : graph.node("Mul", [inner, r]);
  return [
    shape.length === 2 ? xGrad : reshaped(graph, xGrad, shape),
    read[1] ? reshaped(graph, weightGrad, outputShape(context, 1)) : "",
  ];
};
