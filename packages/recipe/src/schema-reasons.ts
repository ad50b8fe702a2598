// The schema's complaints about a recipe, in the words of a recipe's author rather than the schema library's.
import type { Reason } from "@cambium/ir";
import { closest } from "@cambium/plugin";
import { z } from "zod";
import { recipeSchema } from "./schema.js";

/** A reason, and the field it is about. */
export interface Located extends Reason {
  readonly path: readonly PropertyKey[];
}

/** A recipe with a sweep in it is not one run. */
const sweepReason: Located = {
  path: ["sweep"],
  message: 'a recipe with a "sweep" section is many runs',
  hint: "run it by `cambium sweep`, or leave the section out",
};

/** Every issue of `error`, which the schema found in `value`. */
export function schemaReasons(error: z.ZodError, value: unknown): Located[] {
  return error.issues.flatMap((issue) => reasonsOf(issue, value, []));
}

function reasonsOf(issue: z.core.$ZodIssue, root: unknown, parent: readonly PropertyKey[]): Located[] {
  const path = [...parent, ...issue.path];
  const name = path.map(String).join(".");
  const value = valueAt(root, path);
  const got = shown(value);
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(path);
    return issue.keys.map((key) => {
      if (path.length === 0 && key === "sweep") return sweepReason;
      const near = closest(key, known);
      const hint = near === undefined ? `fields here: ${known.join(", ")}` : `did you mean "${near}"?`;
      return { path: [...path, key], message: `unknown field "${[...path, key].map(String).join(".")}"`, hint };
    });
  }
  // In a union, the branch that accepts this kind of value gives the better reasons, most of all one with its fields.
  const branches = issue.code === "invalid_union" ? issue.errors.filter((inner) => inner.every(isDeeper)) : [];
  const branch = branches.find((inner) => !inner.some(isUnknownField)) ?? branches[0];
  if (branch !== undefined && branch.length > 0) return branch.flatMap((inner) => reasonsOf(inner, root, path));
  const expected = expectation(issue);
  if (value === undefined || value === null) {
    const message = path.length === 0 ? "the recipe is empty" : `"${name}" is ${value === null ? "empty" : "missing"}`;
    return [{ path, message, expected }];
  }
  const near = typeof value === "string" ? closest(value, wordsOf(issue)) : undefined;
  const subject = path.length === 0 ? "the recipe" : `"${name}"`;
  const hint = near === undefined ? {} : { hint: `did you mean "${near}"?` };
  return [{ path, message: `${subject} does not fit`, expected, got, ...hint }];
}

/** The words allowed, in any branch of a union. */
function wordsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return issue.code === "invalid_union" ? issue.errors.flat().flatMap(wordsOf) : [];
}

/** Whether an issue is about something inside the value rather than the value itself. */
function isDeeper(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === "unrecognized_keys";
}

function isUnknownField({ code, path }: z.core.$ZodIssue): boolean {
  return code === "unrecognized_keys" && path.length === 0;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

const kinds: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "fields",
  record: "fields",
  string: "text",
};

function expectation(issue: z.core.$ZodIssue): string {
  // Our own messages begin this way.
  if (issue.message.startsWith("expected ")) return issue.message.slice("expected ".length);
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "too_small":
      return issue.origin === "string" ? "text" : `a number ${issue.inclusive ? "≥" : ">"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive ? "≤" : "<"} ${issue.maximum}`;
    case "invalid_union":
      return [...new Set(issue.errors.flat().map(expectation))].join(" or ");
    default:
      return issue.message;
  }
}

/** Names of the fields that the schema knows at `path`, in any of its alternatives there. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schemas = alternatives(z.toJSONSchema(recipeSchema, { io: "input" }) as JsonSchema);
  for (const key of path) {
    schemas = schemas.flatMap((schema) => {
      const next = typeof key === "number" ? schema.items : schema.properties?.[String(key)];
      return next === undefined ? [] : alternatives(next);
    });
  }
  return [...new Set(schemas.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  return [schema, ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternatives)];
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
