// Accelerators by name: the vendors' peak for dense bf16 matrix products, and memory.
import { CambiumError } from "@cambium/ir";

export interface DeviceModel {
  /** FLOPs per second, dense bf16 (f16 on devices without bf16). */
  readonly peak: number;
  /** Bytes. */
  readonly memory: number;
}

/** From the vendors' data sheets; the SXM version if there are several. */
export const deviceModels: Readonly<Record<string, DeviceModel>> = {
  v100: { peak: 125e12, memory: 32e9 },
  a100: { peak: 312e12, memory: 80e9 },
  h100: { peak: 989e12, memory: 80e9 },
  h200: { peak: 989e12, memory: 141e9 },
  b200: { peak: 2250e12, memory: 180e9 },
  l40s: { peak: 362e12, memory: 48e9 },
  rtx4090: { peak: 165e12, memory: 24e9 },
};

export interface Devices extends DeviceModel {
  readonly name: string;
  readonly count: number;
  /** Share of the peak that training reaches. */
  readonly mfu: number;
}

/** Parses `h100:8`. @throws CambiumError `E_SCALING_INPUT` for an unknown device */
export function parseDevices(text: string, mfu: number): Devices {
  const [, name = "", count = "1"] = /^([a-z0-9]+)(?::([1-9]\d{0,5}))?$/.exec(text.toLowerCase()) ?? [];
  const model = Object.hasOwn(deviceModels, name) ? deviceModels[name] : undefined;
  if (model !== undefined) return { name, count: Number(count), mfu, ...model };
  throw new CambiumError("E_SCALING_INPUT", "unknown device", {
    expected: `NAME:COUNT with ${Object.keys(deviceModels).join(", ")}`,
    got: text,
  });
}

/** FLOPs per second that training reaches on all devices together. */
export function paceOf({ peak, count, mfu }: Devices): number {
  return peak * count * mfu;
}
