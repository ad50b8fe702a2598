// Reads a recipe's YAML as plain data, and locates its mistakes.
import { CambiumError } from "@cambium/ir";
import { type Document, LineCounter, parseDocument } from "yaml";

/** Recipes are pages, not data; the YAML parser takes time as the square of a map's length. */
const maxCharacters = 1 << 16;
/** A file that is not a recipe can have as many mistakes as characters. */
export const maxReasons = 50;

/** The place of an offset: `file:line:column`. */
export function placeOf(lines: LineCounter, file: string, offset = 0): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
}

/** @throws CambiumError `E_RECIPE` if `text` is not YAML */
export function readYaml(text: string, file: string, lines = new LineCounter()): Document {
  if (text.length > maxCharacters) {
    const hint = "a recipe is a page of YAML; `cambium init TEXT` writes one for a text";
    const details = { where: file, expected: `at most ${maxCharacters}`, got: `${text.length} characters`, hint };
    throw new CambiumError("E_RECIPE", "the recipe is too large", details);
  }
  const document = parsed(text, lines, file);
  if (document.errors.length === 0) return document;
  const reasons = document.errors
    .slice(0, maxReasons)
    .map((error) => ({ where: placeOf(lines, file, error.pos[0]), message: error.message }));
  throw new CambiumError("E_RECIPE", "the recipe is not valid YAML", { reasons });
}

function parsed(text: string, lineCounter: LineCounter, file: string): Document {
  try {
    // The parser would warn on stderr about keys that are not text; they are refused like any unknown key.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true, logLevel: "error" });
  } catch (cause) {
    // The parser recurses, and its stack is finite.
    if (!(cause instanceof RangeError)) throw cause;
    throw new CambiumError("E_RECIPE", "the recipe is nested too deeply", { where: file, cause });
  }
}

/** @throws CambiumError `E_RECIPE` if `document` is not plain data */
export function toPlain(document: Document, file: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (!holdsItself(value)) return value;
  } catch (cause) {
    const message =
      cause instanceof ReferenceError ? "the recipe's aliases expand too far" : "the recipe is not plain data";
    throw new CambiumError("E_RECIPE", message, { where: file, cause });
  }
  const hint = "write out what the alias (*) stands for";
  throw new CambiumError("E_RECIPE", "a part of the recipe holds itself, by an alias", { where: file, hint });
}

/**
 * @param above the lists and maps that `value` is in
 * @param sound lists and maps already searched: an alias refers to one of these, it is not another
 */
function holdsItself(value: unknown, above = new Set<object>(), sound = new Set<object>()): boolean {
  if (typeof value !== "object" || value === null || sound.has(value)) return false;
  if (above.has(value)) return true;
  above.add(value);
  if (Object.values(value).some((part) => holdsItself(part, above, sound))) return true;
  above.delete(value);
  sound.add(value);
  return false;
}
