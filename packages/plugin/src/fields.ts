// Checks the fields of a plugin or of its definition against a table that covers every field of the type.
import { CambiumError, type Reason } from "@cambium/ir";
import { closest } from "./closest.js";

type FieldType = "string" | "number" | "boolean" | "object" | "list" | "function";

/** The type of every field of T, with a `?` if it may be left out. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? `${FieldType}?` : FieldType;
};

/** An object that may be a `T`. */
export type Unchecked<T> = Readonly<Partial<Record<keyof T, unknown>>>;

/** Reasons for fields that are missing, empty, of the wrong type, or unknown. */
export function fieldReasons<T>(fields: Fields<T>, value: Unchecked<T>): readonly Reason[] {
  const known = Object.keys(fields) as (keyof T & string)[];
  const wrong = known.flatMap((where): Reason[] => {
    const expected = fields[where].replace("?", "");
    const got = typeOf(value[where]);
    if (got === expected || (got === "undefined" && fields[where].endsWith("?"))) return [];
    return [{ where, message: got === "undefined" ? "is missing" : "has the wrong type", expected, got }];
  });
  const stray = Object.keys(value).filter((key) => !Object.hasOwn(fields, key));
  return [
    ...wrong,
    ...stray.map((where): Reason => {
      const near = closest(where, known);
      return { where, message: "no such field", ...(near !== undefined && { hint: `did you mean "${near}"?` }) };
    }),
  ];
}

/** @throws CambiumError `E_PLUGIN_INVALID` with every reason why `value` is not a valid argument of `define`. */
export function checkFields<T extends { readonly name: string }>(define: string, fields: Fields<T>, value: T): void {
  const reasons = fieldReasons(fields, value);
  if (reasons.length > 0) throw new CambiumError("E_PLUGIN_INVALID", `${define} cannot take this value`, { reasons });
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (value === null) return "null";
  return value === "" ? "an empty string" : typeof value;
}
