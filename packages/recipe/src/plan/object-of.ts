// Schemas that are checked against a type.
import { z } from "zod";

/** A schema for each field of T. */
type FieldsOf<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

/** The strict schema of a T: a field that is missing or has another type is a compile error. */
export const objectOf =
  <T>() =>
  <Fields extends FieldsOf<T>>(fields: Fields) =>
    z.strictObject(fields);
