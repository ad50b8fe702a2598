// Numbers as the report prints them.
import { magnitude, duration as wholeDuration } from "@cambium/ir/figures";

export { layerCount as layers } from "@cambium/ir/figures";

/** No-break space, between a number and its unit. */
const nb = "\u00a0";

/** Printed for a missing value. */
export const none = "—";

/** 4.62e15 → "4.62 PFLOP" (10¹⁵ floating-point operations, not a rate). */
export function flops(value: number): string {
  const rounded = Number(value.toPrecision(3));
  const { divisor, prefix } = magnitude(rounded);
  return `${(rounded / divisor).toPrecision(3)}${nb}${prefix}FLOP`;
}

/** 1 234 567 → "1.23 M"; below ten thousand in full. B stands for 10⁹, as is usual for tokens. */
export function count(value: number): string {
  if (value < 10_000) return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const rounded = Number(value.toPrecision(3));
  const { divisor, prefix } = magnitude(rounded);
  return `${(rounded / divisor).toPrecision(3)}${nb}${prefix === "G" ? "B" : prefix}`;
}

/** Seconds → "42 ms", "1.4 s", "48 s", "3 min 12 s", "2 h 05 min". */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.95) return `${Math.max(1, Math.round(1000 * seconds))}${nb}ms`;
  return seconds < 10 ? `${seconds.toFixed(1)}${nb}s` : wholeDuration(seconds, nb);
}

/** A loss, nats per token. */
export function loss(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? none : value.toFixed(3);
}

/** 0.47 → "47.0 %", with a real minus sign. */
export function percent(ratio: number): string {
  return `${signed((100 * ratio).toFixed(1))}${nb}%`;
}

/** Bytes → "15.6 GiB". */
export function bytes(value: number): string {
  const gib = value / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)}${nb}GiB` : `${(value / 2 ** 20).toFixed(0)}${nb}MiB`;
}

/** "grown, stacked and scratch". */
export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

function signed(digits: string): string {
  return Number(digits) === 0 ? digits.replace("-", "") : digits.replace("-", "−");
}
