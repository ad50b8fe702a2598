// Schemas that are checked against a type.
import { z } from "zod";

/** A schema for each field of T. */
type FieldsOf<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

/** The strict schema of a T: the compiler asks for a field that is forgotten here, and for one of another type. */
export const objectOf =
  <T>() =>
  <Fields extends FieldsOf<T>>(fields: Fields) =>
    z.strictObject(fields);
