// Large numbers in short form: three digits and a letter.

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
