// The scalars that the schemas of a run directory share.
import { z } from "zod";

export const text = z.string();
/** A whole number, 0 or more. */
export const count = z.number().int().nonnegative();
/** Wall seconds. */
export const seconds = z.number().nonnegative();
/** JSON has no NaN and no Infinity: a measurement that was one of them was written as null, and is read as NaN. */
export const measured = z
  .number()
  .or(z.nan())
  .or(z.literal(Number.POSITIVE_INFINITY))
  .nullable()
  .transform((value) => value ?? Number.NaN);
