// The text of a record: the field that the user named, out of an object.
import type { ErrorDetails } from "@cambium/ir";

/** What is wrong with a record, for an error of its format. */
export interface NoText {
  readonly message: string;
  readonly details: ErrorDetails;
}

/**
 * The text in `field` of `value`, or what is missing. An unpaired surrogate (which JSON can spell and UTF-8 cannot)
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
  const text: unknown = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof text === "string") return text.replace(/\p{Surrogate}/gu, "\uFFFD");
  const strings = Object.entries(value).flatMap(([key, held]) => (typeof held === "string" ? [key] : []));
  const hint =
    text === undefined && strings.length > 0
      ? `say field: ${strings.slice(0, 5).map(quote).join(" or ")}`
      : `each ${what} needs a text: leave those without one out, or say another field`;
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

export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** A parsed value as JSON. Parsing takes any depth, writing does not. */
export function spelled(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return "lists or objects, one in another many thousand times";
    throw error;
  }
}
