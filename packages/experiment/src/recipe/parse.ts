// A recipe file to a checked recipe: every mistake at once, each with file:line:column and the nearest right name.
import { CambiumError, type Reason } from "@cambium/ir";
import { type Document, LineCounter, isMap, isNode, parseDocument } from "yaml";
import { z } from "zod";
import { closest } from "./closest.js";
import { type Recipe, recipeSchema } from "./schema.js";

/** Recipes are pages, not data. */
const maxBytes = 1 << 20;

/**
 * @param text the YAML (or JSON) of a recipe
 * @param file its name in messages
 * @throws CambiumError `E_RECIPE` with every reason found.
 */
export function parseRecipe(text: string, file: string): Recipe {
  if (text.length > maxBytes) {
    const details = { where: file, expected: "at most 1 MiB", got: `${text.length} characters` };
    throw new CambiumError("E_RECIPE", "the recipe is too large", details);
  }
  const lines = new LineCounter();
  const at = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const document = readYaml(text, lines, file);
  if (document.errors.length > 0) {
    const reasons = document.errors.map((error) => ({ where: at(error.pos[0]), message: error.message }));
    throw new CambiumError("E_RECIPE", "the recipe is not valid YAML", { reasons });
  }
  return checkRecipe(toPlain(document, file), (path) => at(offsetOf(document, path)));
}

/**
 * A recipe from plain data.
 * @param locate what a person calls the place of the field at `path`
 * @throws CambiumError `E_RECIPE` with every reason found.
 */
export function checkRecipe(value: unknown, locate: (path: readonly PropertyKey[]) => string): Recipe {
  const result = recipeSchema.safeParse(value);
  const found = result.success
    ? semanticReasons(result.data)
    : result.error.issues.flatMap((issue) => reasonsOf(issue, value));
  if (result.success && found.length === 0) return result.data;
  const reasons = found.map(({ path, ...reason }) => ({ where: locate(path), ...reason }));
  const message = reasons.length === 1 ? "the recipe has a mistake" : `the recipe has ${reasons.length} mistakes`;
  throw new CambiumError("E_RECIPE", message, { reasons });
}

interface Located extends Reason {
  readonly path: readonly PropertyKey[];
}

/** Deep nesting overflows the parser's stack. */
function readYaml(text: string, lineCounter: LineCounter, file: string): Document {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CambiumError("E_RECIPE", "the recipe is nested too deeply", { where: file, cause });
  }
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new CambiumError("E_RECIPE", "the recipe's aliases expand too far", { where: file, cause: error });
  }
}

function reasonsOf(issue: z.core.$ZodIssue, value: unknown): Located[] {
  const { path } = issue;
  const name = path.map(String).join(".");
  const got = shown(path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value));
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(path);
    return issue.keys.map((key) => {
      const near = closest(key, known);
      const hint = near === undefined ? `fields here: ${known.join(", ")}` : `did you mean "${near}"?`;
      return { path: [...path, key], message: `unknown field "${[...path, key].map(String).join(".")}"`, hint };
    });
  }
  if (issue.code === "invalid_type" && got === "nothing") {
    return [{ path, message: name === "" ? "the recipe is empty" : `"${name}" is missing`, expected: issue.expected }];
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const near = closest(got.replaceAll('"', ""), values);
    return [{ path, message: `"${name}" has a value it does not know`, expected: values.join(", "), got, ...(near !== undefined && { hint: `did you mean "${near}"?` }) }];
  }
  if (issue.code === "invalid_union") {
    const custom = issue.errors.flat().find(({ message }) => message.startsWith("expected a whole"));
    return [{ path, message: `"${name}" does not fit`, expected: custom?.message.replace(/^expected /, "") ?? unionOf(issue), got }];
  }
  if (issue.code === "invalid_type") return [{ path, message: `"${name}" has the wrong type`, expected: issue.expected, got }];
  return [{ path, message: `"${name}" does not fit: ${issue.message}`, got }];
}

function unionOf(issue: z.core.$ZodIssueInvalidUnion): string {
  const parts = issue.errors.flat().map((inner) => ("expected" in inner ? String(inner.expected) : "values" in inner ? inner.values.map(String).join(", ") : inner.message));
  return [...new Set(parts)].join(" or ");
}

/** What a well-typed recipe can still get wrong. */
function semanticReasons(recipe: Recipe): Located[] {
  const reasons: Located[] = [];
  const { model, growth, train } = recipe;
  growth.forEach((step, i) => {
    if (step.factor !== undefined && step.layers !== undefined) {
      reasons.push({ path: ["growth", i, "layers"], message: "a growth has both a factor and layers", hint: "leave one of them out" });
    }
  });
  const before = growth.reduce((sum, { at }) => sum + at, 0);
  if (before >= train.tokens) {
    reasons.push({ path: ["growth"], message: "the growth comes after training has ended", expected: `growths before ${train.tokens} tokens (train.tokens)`, got: `${before} tokens` });
  }
  reasons.push(...modelReasons(model));
  const step = model.context * train.batch * train.accumulation;
  if (step > train.tokens) {
    reasons.push({ path: ["train", "tokens"], message: "one optimizer step reads more than all tokens", expected: `at least ${step} (context · batch · accumulation)`, got: String(train.tokens) });
  }
  return reasons;
}

const sizes = ["layers", "hidden", "heads", "intermediate"] as const;

function modelReasons(model: Recipe["model"]): Located[] {
  if (model.from !== undefined) {
    const set = Object.keys(model).filter((field) => !["from", "context"].includes(field));
    return set.map((field) => ({ path: ["model", field], message: `"model.${field}" is set, but the model comes from a checkpoint`, hint: "leave it out" }));
  }
  const missing = sizes.filter((field) => model[field] === undefined);
  if (missing.length > 0) {
    return missing.map((field) => ({ path: ["model"], message: `"model.${field}" is missing`, expected: "sizes of the base model, or `from` with a checkpoint's directory" }));
  }
  const { hidden = 0, heads = 1, kvHeads = heads, headDim = hidden / heads } = model;
  const reasons: Located[] = [];
  if (!Number.isInteger(headDim)) {
    reasons.push({ path: ["model", "heads"], message: "hidden is not a multiple of heads", expected: `a divisor of ${hidden}, or an explicit headDim`, got: String(heads) });
  } else if (headDim % 2 !== 0) {
    reasons.push({ path: ["model", model.headDim === undefined ? "heads" : "headDim"], message: "RoPE rotates pairs, so headDim must be even", got: String(headDim) });
  }
  if (heads % kvHeads !== 0) {
    reasons.push({ path: ["model", "kvHeads"], message: "heads is not a multiple of kvHeads", expected: `a divisor of ${heads}`, got: String(kvHeads) });
  }
  return reasons;
}

/** Offset of the value at `path`, or of its key, or of the nearest parent that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (depth > 0 && isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && String(item.key.toJSON()) === String(key));
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
      continue;
    }
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

/** Names of the fields that the schema knows at `path`. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schema = z.toJSONSchema(recipeSchema, { io: "input" }) as JsonSchema;
  for (const key of path) {
    schema = (typeof key === "number" ? schema.items : schema.properties?.[String(key)]) ?? {};
    schema = schema.anyOf?.find(({ properties }) => properties) ?? schema;
  }
  return Object.keys(schema.properties ?? {});
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
