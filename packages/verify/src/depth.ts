// Magnitudes and errors over depth: the nodes of a step, grouped by their scope in the model.
import { type Graph, highest, type RefTensor, Uses } from "@cambium/ir";
import type { NodeCheck, Values } from "./probe.js";
import type { Depth } from "./result.js";

/**
 * Only values that a layer passes on count: within a layer there may be masked scores of −1e30.
 * @param exact all values of the step in float64, by id
 */
export function depthOf(
  graph: Graph,
  checks: readonly NodeCheck[],
  got: Values,
  exact: ReadonlyMap<number, RefTensor>,
): Depth[] {
  const uses = new Uses(graph);
  const layers = new Map<string, Depth>();
  for (const { node, comparison } of checks) {
    const layer = node.scope ?? "–";
    const before = layers.get(layer) ?? { layer, nodes: 0, magnitude: 0, error: 0, share: 0 };
    const leaves = (id: number) => uses.isOutput(id) || uses.readers(id).some(({ scope }) => scope !== node.scope);
    const passedOn = node.outputs.filter(({ id }) => leaves(id));
    const outputs = passedOn.map(({ id }) => drift(got.get(id) as RefTensor, exact.get(id) as RefTensor));
    layers.set(layer, {
      layer,
      nodes: before.nodes + 1,
      magnitude: Math.max(before.magnitude, highest(outputs.map(({ magnitude }) => magnitude))),
      error: Math.max(before.error, highest(outputs.map(({ error }) => error))),
      share: Math.max(before.share, comparison.share),
    });
  }
  return [...layers.values()];
}

/** The largest magnitude of a tensor in float64, and the largest error divided by it. */
function drift(got: RefTensor, exact: RefTensor): Pick<Depth, "magnitude" | "error"> {
  let [magnitude, gap] = [0, 0];
  exact.data.forEach((y, i) => {
    const [size, off] = [Math.abs(y), Math.abs((got.data[i] as number) - y)];
    if (Number.isFinite(size) && size > magnitude) magnitude = size;
    if (off > gap || (Number.isNaN(off) && Number.isFinite(y)))
      gap = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
  });
  return { magnitude, error: gap === 0 ? 0 : gap / magnitude };
}
