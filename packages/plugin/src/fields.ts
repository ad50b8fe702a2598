// What fields a plugin, or what it is defined by, has: one check of a value against a table that is total over its type.
import { CambiumError, type Reason } from "@cambium/ir";
import { closest } from "./closest.js";

type FieldType = "string" | "number" | "boolean" | "object" | "list" | "function";

/** The type of every field of T, with a `?` where it may be left out. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? `${FieldType}?` : FieldType;
};

/** What may be a `T`: nothing is known of it but that it is an object. */
export type Unchecked<T> = Readonly<Partial<Record<keyof T, unknown>>>;

/** Fields that are missing, empty, of another type, or not of the contract. */
export function fieldReasons<T>(fields: Fields<T>, value: Unchecked<T>): readonly Reason[] {
  const known = Object.keys(fields) as (keyof T & string)[];
  const wrong = known.flatMap((where): Reason[] => {
    const expected = fields[where].replace("?", "");
    const got = typeOf(value[where]);
    if (got === expected || (got === "undefined" && fields[where].endsWith("?"))) return [];
    return [{ where, message: got === "undefined" ? "is missing" : "is something else", expected, got }];
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

/** @throws CambiumError `E_PLUGIN_INVALID` with every reason why `value` is not what `define` takes. */
export function checkFields<T extends { readonly name: string }>(define: string, fields: Fields<T>, value: T): void {
  const reasons = fieldReasons(fields, value);
  if (reasons.length > 0) throw new CambiumError("E_PLUGIN_INVALID", `${define} cannot take this`, { reasons });
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (value === null) return "null";
  return value === "" ? "an empty string" : typeof value;
}
