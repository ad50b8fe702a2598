// The gradients of a model's loss in float64, by which moment rules are measured.
import { differentiate, evaluate, gradientName, numel, Random, type RefTensor } from "@cambium/ir";
import { contextLength, lossGraph, type ModelSpec, parameterTable, sizesAlong } from "@cambium/model";
import { type Masked, maskInputs, unmasked, type Weights } from "./logits.js";

const batch = 2;
const longest = 12;

/**
 * The gradient by every parameter, flat, of the mean cross entropy of `tokens` i32 [batch, context + 1]. Default: random ones,
 * the same for models with equal vocabularies and contexts.
 */
export function gradients(
  model: ModelSpec,
  weights: Readonly<Weights>,
  masked: Masked = unmasked,
  tokens: RefTensor = randomTokens(model),
): Record<string, Float64Array> {
  const [batch = 0, read = 0] = tokens.type.shape;
  const names = parameterTable(model).map(({ name }) => name);
  const size = { batch, context: read - 1, masks: masked.masks };
  const graph = differentiate(lossGraph(model, size), { of: "loss", by: names });
  const outputs = evaluate(graph, { ...weights, ...maskInputs(masked), tokens }, { precision: "f64" });
  return Object.fromEntries(names.map((name) => [name, (outputs[gradientName(name)] as RefTensor).data]));
}

function randomTokens(model: ModelSpec): RefTensor {
  const { vocab } = sizesAlong(model, ["vocab"]);
  const random = new Random("conformance/gradients");
  const shape = [batch, Math.min(longest, contextLength(model)) + 1];
  const data = Float64Array.from({ length: numel(shape) }, (_, i) => Math.floor(vocab * random.uniform(i)));
  return { type: { dtype: "i32", shape }, data };
}
