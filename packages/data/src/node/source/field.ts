// The text of a record: the field of an object that the user named; and which records are selected.
import type { ErrorDetails } from "@cambium/ir";

/** Accepted values by field, as in `{ "meta.redpajama_set_name": ["RedPajamaC4"] }`. */
export type Only = Readonly<Record<string, readonly string[]>>;

/** What is wrong with a record, for its format's error. */
export interface NoText {
  readonly message: string;
  readonly details: ErrorDetails;
}

/**
 * The text in `field` of `value`, or what is missing. An unpaired surrogate (which JSON can express and UTF-8 cannot)
 * becomes U+FFFD.
 * @param what the record is called in messages: line, document
 */
export function fieldText(value: unknown, field: string, what: string, where: string): string | NoText {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const expected = `{ ${JSON.stringify(field)}: … }`;
    return {
      message: `this ${what} is not an object`,
      details: { where, expected, got: quote(spelled(value)) },
    };
  }
  const text = valueAt(value, field);
  if (typeof text === "string") return text.replace(/\p{Surrogate}/gu, "\uFFFD");
  const strings = Object.entries(value).flatMap(([key, held]) => (typeof held === "string" ? [key] : []));
  const hint =
    text === undefined && strings.length > 0
      ? `set field: ${strings.slice(0, 5).map(quote).join(" or ")} (--field)`
      : `each ${what} needs a text: leave those without one out, or name another field`;
  return {
    message: `this ${what} has no text in its field "${field}"`,
    details: {
      where,
      expected: "a string",
      got: text === undefined ? `the fields ${quote(Object.keys(value).join(", "))}` : quote(spelled(text)),
      hint,
    },
  };
}

/** The value of a field, or of a nested field such as `meta.redpajama_set_name`. */
function valueAt(value: unknown, field: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, field)) return (value as Record<string, unknown>)[field];
  const dots = Array.from(field.matchAll(/\./g), ({ index }) => index);
  const at = dots.find((dot) => Object.hasOwn(value, field.slice(0, dot)));
  return at === undefined
    ? undefined
    : valueAt((value as Record<string, unknown>)[field.slice(0, at)], field.slice(at + 1));
}

/** Whether a record is selected; or the field that it lacks. */
export function isAsked(value: unknown, only: Only, what: string, where: string): boolean | NoText {
  for (const [field, values] of Object.entries(only)) {
    const found = valueAt(value, field);
    if (found === undefined || found === null) {
      const has = typeof value === "object" && value !== null ? Object.keys(value).join(", ") : spelled(value);
      const details = { where, expected: values.map(quote).join(" or "), got: `the fields ${quote(has)}` };
      return { message: `this ${what} has no field "${field}" to choose documents by`, details };
    }
    if (!values.includes(typeof found === "string" ? found : spelled(found))) return false;
  }
  return true;
}

/** {@link fieldText} of a selected record; undefined for any other. */
export function askedText(
  value: unknown,
  { field, only }: { readonly field: string; readonly only: Only },
  what: string,
  where: string,
): string | NoText | undefined {
  const asked = isAsked(value, only, what, where);
  if (asked === false) return undefined;
  return asked === true ? fieldText(value, field, what, where) : asked;
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** A parsed value as JSON. Parsing works at any depth, writing does not. */
export function spelled(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return "lists or objects nested many thousand deep";
    throw error;
  }
}
