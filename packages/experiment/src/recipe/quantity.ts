// Counts as people write them: 300000, 300k, 1.2M, 10B.
import { z } from "zod";

const suffixes: Record<string, number> = { "": 1, k: 1e3, K: 1e3, M: 1e6, B: 1e9, G: 1e9, T: 1e12 };
const pattern = /^(\d+(?:\.\d+)?(?:e\d+)?)\s*([kKMBGT]?)$/;

/** The integer that `text` stands for; null when it stands for none. */
export function parseQuantity(text: string): number | null {
  const match = pattern.exec(text.trim());
  if (!match) return null;
  const value = Number(match[1]) * (suffixes[match[2] as string] as number);
  return Number.isSafeInteger(Math.round(value)) && Math.abs(value - Math.round(value)) < 1e-6 * value ? Math.round(value) : null;
}

/** A positive whole number, as a number or with a suffix. */
export const quantity = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(pattern, "expected a whole number such as 300000, 300k or 1.2M")
    .transform((text, context) => {
      const value = parseQuantity(text);
      if (value !== null && value > 0) return value;
      context.addIssue({ code: "custom", message: "expected a whole number above 0, such as 300000, 300k or 1.2M" });
      return z.NEVER;
    }),
]);
