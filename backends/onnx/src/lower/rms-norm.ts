// rmsNorm is ONNX Runtime's SimplifiedLayerNormalization; its gradient is arranged so that most of it is per row.
import { type CompositeAttrs, numel } from "@cambium/ir";
import { contrib } from "../onnx/graph.js";
import { type Lowering, nameOf, outputShape, reshaped, typeOf } from "./lowering.js";

export const rmsNorm: Lowering<CompositeAttrs<"rmsNorm">> = ({ graph, inputs, attrs, read }) => {
  const attributes = { axis: -1, epsilon: { float: attrs.eps }, stash_type: 1 };
  return graph.nodes("SimplifiedLayerNormalization", inputs, attributes, { outputs: [true, read[1] ? true : null] });
};

/**
 * With r = inverseRms, per row: xGrad = r · (grad ∘ weight) − x · r³/hidden · Σ (grad ∘ x ∘ weight), plus a fifth input;
 * weightGrad = Σ over rows of r · grad ∘ x. The sums are products with a vector.
 */
export const rmsNormGrad: Lowering = (context) => {
  const { graph, read } = context;
  const shape = typeOf(context, 0).shape;
  const hidden = shape.at(-1) as number;
  const flat = [numel(shape) / hidden, hidden];
  const rows = flat[0] as number;
  const matrix = (input: number) => reshaped(graph, nameOf(context, input), flat);
  const [x, weight, grad] = [matrix(0), nameOf(context, 1), matrix(3)];
  const r = reshaped(graph, nameOf(context, 2), [rows, 1]);

  const crossed = graph.node("Mul", [grad, x]);
  const weightGrad = read[1] ? graph.node("MatMul", [reshaped(graph, r, [1, rows]), crossed]) : "";
  const along = graph.node("MatMul", [crossed, reshaped(graph, weight, [hidden, 1])]);
  const cubed = graph.node("Mul", [graph.node("Mul", [r, r]), r]);
  const back = graph.node("Mul", [graph.node("Mul", [along, cubed]), graph.scalar(-1 / hidden)]);
  const scaled = graph.node("Mul", [grad, weight]);
  const straight =
    context.inputs.length > 4
      ? graph.node("GatedAdd", [matrix(4), scaled, r], {}, contrib)
      : graph.node("Mul", [scaled, r]);
  const xGrad = graph.node("GatedAdd", [straight, x, back], {}, contrib);
  return [reshaped(graph, xGrad, shape), read[1] ? reshaped(graph, weightGrad, outputShape(context, 1)) : ""];
};
