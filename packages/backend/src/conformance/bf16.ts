// Samples in bf16, made from those in f16.
import type { Op, Sample } from "@cambium/ir";

/** The samples of an op, each that has f16 inputs followed by a copy in bf16. */
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
