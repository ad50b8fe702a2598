// Measured values, and the product in a model's graph that a parameter is a factor of.
import type { Given, Measure, Steepest } from "@cambium/growth";
import { CambiumError, type Graph, matmul, type Node } from "@cambium/ir";

export type Measured = Given & { readonly by: Measure | Steepest };

/** @throws CambiumError `E_GROWTH_FIND` */
export function productOf(graph: Graph, parameter: string): Node {
  const own = graph.inputs.find(({ name }) => name === parameter)?.value.id;
  const found = graph.nodes.find((node) => matmul.is(node) && node.inputs[1]?.id === own);
  if (found) return found;
  throw new CambiumError(
    "E_GROWTH_FIND",
    "the model multiplies nothing with a parameter whose input is to be measured",
    { where: parameter, expected: "a matrix that a product reads" },
  );
}
