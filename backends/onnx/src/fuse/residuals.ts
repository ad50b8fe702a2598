// Adds the gradient of a residual branch inside the gradient of its norm, which saves a pass over the stream.
import { type Graph, type Node, rewrite, type Tensor, Uses } from "@cambium/ir";
import { rmsNormGradAdd } from "./ops/rms-norm-grad.js";

export function foldResiduals(graph: Graph): Graph {
  const uses = new Uses(graph);
  const known = new Map<number, Tensor>();
  const sums = new Map<Node, Tensor>();
  return rewrite(graph, (node, inputs, builder) => {
    node.inputs.forEach(({ id }, i) => known.set(id, inputs[i] as Tensor));
    const done = sums.get(node);
    const outputs = done ? [done] : (withResidual(node, inputs) ?? builder.apply(node.op, inputs, node.attrs));
    node.outputs.forEach(({ id }, i) => known.set(id, outputs[i] as Tensor));
    return outputs;
  });

  /** The gradient of a norm whose only reader adds a value to it that was computed earlier. */
  function withResidual(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | null {
    const [xGrad] = node.outputs;
    if (node.op.name !== "rmsNormGrad" || !xGrad || !uses.single(xGrad.id)) return null;
    const [sum] = uses.readers(xGrad.id);
    const other = sum?.inputs.find(({ id }) => id !== xGrad.id);
    const residual = other && known.get(other.id);
    const shape = xGrad.type.shape.join();
    if (sum?.op.name !== "add" || residual?.shape.join() !== shape || !residual) return null;
    const [x, weight, inverseRms, grad] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const [total, weightGrad] = rmsNormGradAdd(x, weight, inverseRms, grad, residual);
    sums.set(sum, total);
    return [total, weightGrad];
  }
}
