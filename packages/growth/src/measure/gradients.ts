// The gradients of a model's loss in float64, by which moment rules are measured.
import { differentiate, evaluate, gradientName, numel, Random, type RefTensor } from "@cambium/ir";
import { contextLength, lossGraph, type ModelSpec, parameterTable, sizesAlong } from "@cambium/model";
import { type Masked, maskInputs, unmasked, type Weights } from "./logits.js";

const batch = 2;
const longest = 12;

/**
 * The gradient by every parameter, flat, of the mean cross entropy of random tokens. Models with equal vocabularies and
 * contexts get the same tokens.
 */
export function gradients(
  model: ModelSpec,
  weights: Readonly<Weights>,
  masked: Masked = unmasked,
): Record<string, Float64Array> {
  const { vocab } = sizesAlong(model, ["vocab"]);
  const random = new Random("conformance/gradients");
  const context = Math.min(longest, contextLength(model));
  const shape = [batch, context + 1];
  const data = Float64Array.from({ length: numel(shape) }, (_, i) => Math.floor(vocab * random.uniform(i)));
  const names = parameterTable(model).map(({ name }) => name);
  const graph = differentiate(lossGraph(model, { batch, context, masks: masked.masks }), { of: "loss", by: names });
  const tokens: RefTensor = { type: { dtype: "i32", shape }, data };
  const outputs = evaluate(graph, { ...weights, ...maskInputs(masked), tokens }, { precision: "f64" });
  return Object.fromEntries(names.map((name) => [name, (outputs[gradientName(name)] as RefTensor).data]));
}
