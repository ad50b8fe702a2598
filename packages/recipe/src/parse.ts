// Reads and checks a recipe file: all mistakes at once, each with file:line:column and the nearest right name.
import { CambiumError } from "@cambium/ir";
import { type Document, isMap, isNode, LineCounter } from "yaml";
import { type Recipe, recipeSchema } from "./schema.js";
import { type Located, schemaReasons } from "./schema-reasons.js";
import { semanticReasons } from "./semantic-reasons.js";
import { maxReasons, placeOf, readYaml, toPlain } from "./yaml.js";

/** A recipe as it was read, which may have mistakes. */
export interface RecipeReading {
  /** As it was written. */
  readonly value: unknown;
  /** Undefined if there are mistakes. */
  readonly recipe: Recipe | undefined;
  readonly mistakes: readonly Located[];
  /** The place of a field, for messages: `file:line:column`. */
  locate(path: readonly PropertyKey[]): string;
  /** The offset of a field in the file, for sorting. */
  position(path: readonly PropertyKey[]): number;
}

/**
 * @param text the YAML (or JSON) of a recipe
 * @param file its name in messages
 * @throws CambiumError `E_RECIPE` if the text is not YAML, or not plain data
 */
export function readRecipe(text: string, file: string): RecipeReading {
  const lines = new LineCounter();
  const at = (offset: number | undefined): string => placeOf(lines, file, offset);
  const document = readYaml(text, file, lines);
  const position = (path: readonly PropertyKey[]): number => offsetOf(document, path) ?? 0;
  return readingOf(toPlain(document, file), (path) => at(position(path)), position);
}

/** Reads as `readRecipe`. @throws CambiumError `E_RECIPE` with every reason found. */
export function parseRecipe(text: string, file: string): Recipe {
  return soundRecipe(readRecipe(text, file));
}

/**
 * A recipe from plain data.
 * @param locate the place of the field at `path`, for messages
 * @throws CambiumError `E_RECIPE` with every reason found.
 */
export function checkRecipe(value: unknown, locate: (path: readonly PropertyKey[]) => string): Recipe {
  return soundRecipe(readingOf(value, locate, () => 0));
}

/** @throws CambiumError `E_RECIPE` with every reason found. */
function soundRecipe(reading: RecipeReading): Recipe {
  return reading.recipe ?? refuseRecipe(reading, reading.mistakes);
}

/** @throws CambiumError `E_RECIPE` with `mistakes` in the order of the recipe */
export function refuseRecipe({ locate, position }: RecipeReading, mistakes: readonly Located[]): never {
  const sorted = mistakes.toSorted((a, b) => position(a.path) - position(b.path));
  const reasons = sorted.slice(0, maxReasons).map(({ path, ...reason }) => ({ where: locate(path), ...reason }));
  const message = sorted.length === 1 ? "the recipe has a mistake" : `the recipe has ${sorted.length} mistakes`;
  throw new CambiumError("E_RECIPE", message, { reasons });
}

function readingOf(
  value: unknown,
  locate: RecipeReading["locate"],
  position: RecipeReading["position"],
): RecipeReading {
  const result = recipeSchema.safeParse(value);
  const mistakes = [...(result.success ? [] : schemaReasons(result.error, value)), ...semanticReasons(value)];
  return { value, recipe: mistakes.length === 0 ? result.data : undefined, mistakes, locate, position };
}

/** Offset of the key at `path`, or of the list entry, or of the nearest parent that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = String(path[depth - 1]);
    const entry = isMap(parent)
      ? parent.items.find(({ key: held }) => isNode(held) && String(held.toJSON()) === key)?.key
      : document.getIn(path.slice(0, depth), true);
    if (isNode(entry) && entry.range) return entry.range[0];
  }
  return document.contents?.range?.[0];
}
