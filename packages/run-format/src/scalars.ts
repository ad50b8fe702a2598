// The scalars that the schemas of a run directory share.
import { z } from "zod";

export const text = z.string();
/** A whole number ≥ 0. */
export const count = z.number().int().nonnegative();
/** Largest accepted amount: sums and axes of larger numbers would overflow. */
const most = 1e60;
/** FLOPs or bytes. */
export const amount = z.number().nonnegative().max(most);
/** Wall seconds. */
export const seconds = z.number().nonnegative().max(most);
/**
 * A measurement, which need not be finite. JSON has no NaN or Infinity: both are written as null, and null is read as
 * NaN. Magnitudes above `most` are read as +Infinity.
 */
export const measured = z
  .number()
  .or(z.nan())
  .or(z.literal(Number.POSITIVE_INFINITY))
  .nullable()
  .transform((value) => {
    if (value === null) return Number.NaN;
    return Math.abs(value) > most ? Number.POSITIVE_INFINITY : value;
  });
