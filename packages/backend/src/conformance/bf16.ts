// Samples in bf16, made from those in f16, and how far a device that computes in bf16 may be off.
import { decompose, type Graph, type Op, type Sample } from "@cambium/ir";

/** Half the distance of two neighbours in bf16, which has eight significant bits, over the smaller of them. */
const unit = 2 ** -8;

/** The samples of an op, and each that has f16 inputs in bf16 as well. */
export function withBf16(samples: Op["samples"]): Op["samples"] {
  return samples.flatMap((sample): Sample[] => {
    const inputs = sample.inputs.map((one) =>
      one.type.dtype === "f16" && one.values === undefined
        ? { ...one, type: { ...one.type, dtype: "bf16" as const } }
        : one,
    );
    return inputs.some(({ type }) => type.dtype === "bf16") ? [sample, { ...sample, inputs }] : [sample];
  });
}

/**
 * What products over bf16 add to the tolerance. A device sums a product in f32 but may round the result to bf16, and so
 * may it round what the next product reads: two roundings a product, along the longest chain of them.
 */
export function bf16Tolerance(graph: Graph): number {
  const { nodes } = decompose(graph);
  const isBf16 = ({ op, inputs }: (typeof nodes)[number]) =>
    op.matrix && inputs.some(({ type }) => type.dtype === "bf16");
  if (!nodes.some(isBf16)) return 0;
  const depth = new Map<number, number>();
  for (const { op, inputs, outputs } of nodes) {
    const before = Math.max(0, ...inputs.map(({ id }) => depth.get(id) ?? 0));
    for (const { id } of outputs) depth.set(id, before + (op.matrix ? 1 : 0));
  }
  return 2 * Math.max(...depth.values()) * unit;
}
