// Numbers in short form, for people: large ones as three digits and a letter, times in hours, minutes and seconds, bytes
// in gigabytes.

const prefixes = ["", "K", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"] as const;

/** The power of 1000 by which `value` becomes 1 to 999, with its letter. */
export function magnitude(value: number): { readonly divisor: number; readonly prefix: string } {
  const power = value > 0 && Number.isFinite(value) ? Math.floor(Math.log10(value) / 3 + 1e-12) : 0;
  const index = Math.min(Math.max(power, 0), prefixes.length - 1);
  return { divisor: 1000 ** index, prefix: prefixes[index] as string };
}

/** 1234567 → `1.23M`, 1000 → `1k`. @param letters replacements for prefixes */
export function compact(value: number, letters: Readonly<Record<string, string>> = { K: "k" }): string {
  const rounded = Number(value.toPrecision(3));
  const { divisor, prefix } = magnitude(Math.abs(rounded));
  return `${Number((rounded / divisor).toPrecision(3))}${letters[prefix] ?? prefix}`;
}

/** With B for 10⁹, as is usual for parameters and tokens: 7e9 → `7B`. */
export function billions(value: number): string {
  return compact(value, { K: "k", G: "B" });
}

/** Whole seconds as `48 s`, `3 min 12 s`, `2 h 05 min`; a dash if they are not known. @param space before a unit */
export function duration(seconds: number, space = " "): string {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, "0");
  const inUnits = (value: number, unit: string, rest: number, small: string) =>
    [value, unit, pad(rest), small].join(space);
  if (whole < 60) return `${whole}${space}s`;
  if (whole < 3600) return inUnits(Math.floor(whole / 60), "min", whole % 60, "s");
  return inUnits(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
}

/** Bytes as `12.3 GB`. @param round `Math.ceil` for what suffices, `Math.floor` for what is there at least */
export function gigabytes(bytes: number, round: (value: number) => number): string {
  const unit = 10 ** (Math.floor(Math.log10(bytes)) - 2);
  return `${((round(bytes / unit) * unit) / 1e9).toPrecision(3)} GB`;
}

/** `1 layer`, `24 layers`. */
export function layerCount(layers: number): string {
  return `${layers} ${layers === 1 ? "layer" : "layers"}`;
}
