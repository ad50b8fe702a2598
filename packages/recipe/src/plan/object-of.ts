// Schemas that are checked against a type.
import { z } from "zod";

/** A schema for each field of T. */
export type FieldsOf<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

/** The strict schema of a T: a field that is missing or has another type is a compile error. */
export const objectOf =
  <T>() =>
  <Fields extends FieldsOf<T>>(fields: Fields) =>
    z.strictObject(fields);

/** The fields of `schema`, each of which must then be there unless it is optional. */
export function withoutDefaults<Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) {
  const fields = Object.entries(shape).map(([name, field]) => {
    return [name, field instanceof z.ZodDefault ? field.unwrap() : field];
  });
  return Object.fromEntries(fields) as { readonly [K in keyof Shape]: z.ZodType<z.output<Shape[K]>> };
}
