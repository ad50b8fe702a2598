// Counts as people write them: 300000, 300k, 1.2M, 10B; and sizes in bytes: 900MB, 16GB, 1.5GiB.
import { z } from "zod";

/** Powers of ten, by the suffix that stands for them. */
export const quantitySuffixes: Readonly<Record<string, number>> = { "": 0, k: 3, K: 3, M: 6, B: 9, G: 9, T: 12 };
const pattern = /^(\d+)(?:\.(\d+))?(?:e(\d+))?\s*([kKMBGT]?)$/;

/** The integer that `text` stands for; null if it is not one. */
export function parseQuantity(text: string): number | null {
  const [, whole = "", fraction = "", exponent = "0", suffix = ""] = pattern.exec(text.trim()) ?? [];
  const power = Number(exponent) + (quantitySuffixes[suffix] as number);
  // Computed in decimal, because 1.1 · 1e6 is not a whole number in binary.
  if (whole === "" || fraction.replace(/0+$/, "").length > power) return null;
  const value = Number(`${whole}.${fraction}e${power}`);
  return Number.isSafeInteger(value) ? value : null;
}

/** A whole number, at least `least`, as a number or with a suffix. */
function wholeNumber(least: 0 | 1) {
  const error = `expected ${least === 0 ? "0, or " : ""}a whole number above 0, such as 300000, 300k or 1.2M`;
  const text = z.string().regex(pattern);
  const parsed = text.transform((given, context) => {
    const value = parseQuantity(given);
    if (value !== null && value >= least) return value;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
  return z.union([z.number().int({ error }).min(least, { error }), parsed], { error });
}

export const quantity = wholeNumber(1);
export const quantityOrZero = wholeNumber(0);

const sizePattern = /^(?<number>\d+(?:\.\d+)?)\s*(?:(?<power>[KMGT])(?<binary>i)?)?B?$/i;

/** The bytes that `text` stands for: powers of 1000, with an i of 1024. Null if it is not a size above 0. */
export function parseBytes(text: string): number | null {
  const { number = "", power = "", binary } = sizePattern.exec(text.trim())?.groups ?? {};
  const exponent = power === "" ? 0 : "KMGT".indexOf(power.toUpperCase()) + 1;
  const value = Math.floor(Number(number) * (binary ? 1024 : 1000) ** exponent);
  return number !== "" && Number.isSafeInteger(value) && value > 0 ? value : null;
}

const sizeError = "expected a size such as 16GB, 900MB or 1.5GiB";

/** A size in bytes, as a number or with a unit. */
export const byteSize = z.union(
  [
    z.number().int({ error: sizeError }).min(1, { error: sizeError }),
    z
      .string()
      .regex(sizePattern)
      .transform((given, context) => {
        const value = parseBytes(given);
        if (value !== null) return value;
        context.addIssue({ code: "custom", message: sizeError });
        return z.NEVER;
      }),
  ],
  { error: sizeError },
);
