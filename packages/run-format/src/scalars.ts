// The scalars that the schemas of a run directory share.
import { z } from "zod";

export const text = z.string();
/** A whole number, 0 or more. */
export const count = z.number().int().nonnegative();
/** Sums and axes of larger numbers would leave the range of floating point. */
const most = 1e60;
/** FLOPs or bytes. */
export const amount = z.number().nonnegative().max(most);
/** Wall seconds. */
export const seconds = z.number().nonnegative().max(most);
/**
 * JSON has no NaN and no Infinity: a measurement that was one of them was written as null, and is read as NaN. One beyond
 * what can be added up or drawn is infinite.
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
