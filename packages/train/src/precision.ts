// The precision in which a step computes, and which devices gain by it.
import type { DeviceInfo } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";

/** `f32`; or `mixed`: products of f16 with f32 sums, f32 weights and a scaled loss. */
export const precisions = ["f32", "mixed"] as const;
export type Precision = (typeof precisions)[number];

/** The precisions that a device with these `DeviceInfo.computes` trains in. */
export function precisionsOf(computes: DeviceInfo["computes"]): readonly Precision[] {
  return precisions.filter((precision) => precision === "f32" || computes.includes("f16"));
}

/**
 * Refuses a precision by which the device gains nothing. A device that only accepts f16 would compute the same numbers,
 * but it holds them as f32: mixed precision would cost casts and save neither memory nor time.
 * @throws CambiumError `E_UNSUPPORTED`, with what the device has and how to go on.
 */
export function requirePrecision({ backend, device, accepts, computes }: DeviceInfo, precision: Precision): void {
  if (precisionsOf(computes).includes(precision)) return;
  const held = accepts.includes("f16") ? ", and holds f16 as f32" : "";
  throw new CambiumError("E_UNSUPPORTED", `${precision} precision needs a device that computes f16`, {
    expected: "f16",
    got: `${backend} (${device}) computes ${computes.join(", ")}${held}`,
    hint: [
      "--precision f32 (precision: f32 under train)",
      "or --backend webgpu on a GPU with the feature shader-f16: cambium doctor lists the precisions of each device",
    ].join(", "),
  });
}
