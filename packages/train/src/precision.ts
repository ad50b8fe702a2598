// The precision in which a step computes, and which devices benefit from it.
import type { DeviceInfo } from "@cambium/backend";
import { CambiumError, type HalfDType } from "@cambium/ir";

/**
 * The dtype in which each precision stores the operands of products. Weights, moments, sums, norms, softmax, losses and
 * the optimizer are always f32. Only f16 needs a scaled loss: gradients may leave its range, while bf16 has f32's
 * range.
 */
const stored = { f32: undefined, mixed: "f16", bf16: "bf16" } as const satisfies Record<string, HalfDType | undefined>;

/** `f32`; `mixed`: products of f16 with f32 sums and a scaled loss; `bf16`: products of bf16 with f32 sums. */
export type Precision = keyof typeof stored;
export const precisions = Object.keys(stored) as unknown as readonly [Precision, ...Precision[]];

/** The dtype in which a precision stores the operands of products; undefined for f32. */
export function storedIn(precision: Precision): HalfDType | undefined {
  return stored[precision];
}

/** The precisions that a device with these `DeviceInfo.computes` trains in. */
export function precisionsOf(computes: DeviceInfo["computes"]): readonly Precision[] {
  return precisions.filter((precision) => computes.includes(stored[precision] ?? "f32"));
}

/** Where each dtype is computed, for the hint of a refusal. */
const computedBy: Readonly<Record<HalfDType, string>> = {
  f16: "--backend webgpu on a GPU with the feature shader-f16",
  bf16: "--backend tfjs --backend-option engine=node",
};

/**
 * Refuses a precision from which the device does not benefit. A device that only accepts f16 or bf16 would compute the
 * same numbers, but it holds them as f32: the precision would cost casts and save neither memory nor time.
 * @throws CambiumError `E_UNSUPPORTED`, naming what the device computes and which precision to use.
 */
export function requirePrecision({ backend, device, accepts, computes }: DeviceInfo, precision: Precision): void {
  const dtype = stored[precision];
  if (dtype === undefined || computes.includes(dtype)) return;
  const held = accepts.includes(dtype) ? `, and holds ${dtype} as f32` : "";
  const here = precisionsOf(computes).map((one) => `--precision ${one}`);
  throw new CambiumError("E_UNSUPPORTED", `${precision} precision needs a device that computes ${dtype}`, {
    expected: dtype,
    got: `${backend} (${device}) computes ${computes.join(", ")}${held}`,
    hint: [
      `${here.join(" or ")} (precision under train)`,
      `or ${computedBy[dtype]}: cambium doctor lists the precisions of each device`,
    ].join(", "),
  });
}
