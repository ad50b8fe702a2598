// Graphs and tensors of a few elements, for the cases of the contract.
import { add, f32, type Graph, GraphBuilder, type HostTensor, hostTensor, neg, numel, reduceSum } from "@cambium/ir";
import type { DeviceTensor } from "../contract.js";

export function graphOf(build: (builder: GraphBuilder) => void): Graph {
  const builder = new GraphBuilder();
  build(builder);
  return builder.finish();
}

/** state' = state + x, in place; sum = Σ state'. All vectors have three elements. */
export const accumulate = graphOf((builder) => {
  const next = add(builder.input("state", f32(3)), builder.input("x", f32(3)));
  builder.output("state", next, { replaces: "state" });
  builder.output("sum", reduceSum(next, { axes: [0] }));
});

/** y = −x. */
export const negate = graphOf((builder) => builder.output("y", neg(builder.input("x", f32(3)))));

export function vector(...values: number[]): HostTensor {
  return hostTensor("f32", [values.length], values);
}

/** An f32 tensor of that shape whose elements all differ. */
export function ramp(...shape: number[]): HostTensor {
  const length = numel(shape);
  return hostTensor(
    "f32",
    shape,
    Array.from({ length }, (_, i) => Math.sin(i)),
  );
}

/** @throws Error if the run returned no such output. */
export function take(outputs: Readonly<Record<string, DeviceTensor>>, name: string): DeviceTensor {
  const tensor = outputs[name];
  if (!tensor) throw new Error(`output ${name} is missing`);
  return tensor;
}
