// Sweeps: a recipe with some fields set to each of several values, every combination a recipe of its own.
import { CambiumError, type Reason } from "@cambium/ir";
import { checkRecipe } from "./parse.js";
import { type Recipe, recipeSchema, recipeSeeds } from "./schema.js";
import { maxReasons, readYaml, toPlain } from "./yaml.js";

/** A field, as `growth.0.at`, and the values it takes. */
export interface SweepAxis {
  readonly path: string;
  /** As they were written: names of cells are made of them. */
  readonly values: readonly string[];
}

/** One combination. */
export interface SweepCell {
  /** `growth.0.at=1M+seed=0`: names the cell's folder. */
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly recipe: Recipe;
}

/** A larger sweep is taken for a mistake. */
const mostCells = 10_000;

/**
 * `PATH=VALUE,VALUE`, where `0..4` stands for 0,1,2,3,4 and commas inside brackets do not separate.
 * @throws CambiumError `E_SWEEP`
 */
export function parseAxis(text: string): SweepAxis {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(0, at)).trim();
  if (path === "" || path.split(".").includes("")) throw badAxis(text);
  const values = split(text.slice(at + 1)).flatMap((value) => {
    const [, from, to] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(value) ?? [];
    if (from === undefined || to === undefined) return [value];
    const count = Number(to) - Number(from) + 1;
    if (count < 1 || count > mostCells) throw badAxis(text);
    return Array.from({ length: count }, (_, i) => String(Number(from) + i));
  });
  if (values.some((value) => value === "") || new Set(values).size < values.length) throw badAxis(text);
  return { path, values };
}

/** Axes as `parseAxis` takes them. @throws CambiumError `E_SWEEP` with every one that is wrong */
export function parseAxes(texts: readonly string[], where?: string): SweepAxis[] {
  const [axes, wrong]: [SweepAxis[], CambiumError[]] = [[], []];
  for (const text of texts) {
    try {
      axes.push(parseAxis(text));
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      wrong.push(error);
    }
  }
  const [first, ...others] = wrong;
  if (first === undefined) return axes;
  const place = where === undefined ? {} : { where };
  if (others.length === 0) throw new CambiumError(first.code, first.summary, { ...first.details, ...place });
  const reasons = wrong.map(({ summary: message, details }) => ({ message, ...details }));
  throw new CambiumError(first.code, `the sweep has ${wrong.length} mistakes`, { ...place, reasons });
}

function badAxis(got: string): CambiumError {
  return new CambiumError("E_SWEEP", "this is not an axis of a sweep", {
    expected: "FIELD=VALUE,VALUE with different values, such as growth.0.at=0.5M,1M or seed=0..4",
    got,
  });
}

function split(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const sign of text) {
    if ("{[".includes(sign)) depth++;
    if ("}]".includes(sign)) depth--;
    if (sign === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return parts.map((part) => part.trim());
}

/**
 * The axes of a recipe's own `sweep` section, `{ growth.0.at: [0.5M, 1M], seed: 0..4 }`, and the recipe without it.
 * @param file its name in messages
 * @throws CambiumError `E_SWEEP`; `E_RECIPE` if the text is not YAML
 */
export function sweepSection(
  text: string,
  file = "the recipe",
): { readonly axes: SweepAxis[]; readonly recipe: unknown } {
  const { sweep, ...recipe } = (toPlain(readYaml(text, file), file) ?? {}) as Record<string, unknown>;
  if (sweep === undefined) return { axes: [], recipe };
  if (typeof sweep !== "object" || sweep === null || Array.isArray(sweep)) throw badAxis(JSON.stringify(sweep));
  const written = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const axes = Object.entries(sweep).map(
    ([path, values]) => `${path}=${Array.isArray(values) ? values.map(written).join(",") : written(values)}`,
  );
  return { axes: parseAxes(axes, `${file}: sweep`), recipe };
}

/**
 * Every combination of the axes' values, the last axis fastest; each is a recipe checked as any other. A recipe with
 * several seeds is swept over them, unless an axis sets the seed already.
 * @param recipe plain data, as YAML gives it
 * @throws CambiumError `E_SWEEP` for an axis that is given twice, or too many cells; `E_RECIPE` with
 *   the mistakes of all cells, each with the first cell that has it.
 */
export function sweepCells(recipe: unknown, given: readonly SweepAxis[]): SweepCell[] {
  const { axes, recipe: swept } = withoutSeeds(recipe, given);
  const paths = axes.map(({ path }) => path);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new CambiumError("E_SWEEP", "a field is swept over twice", { got: twice });
  const size = axes.reduce((product, { values }) => product * values.length, 1);
  if (size > mostCells)
    throw new CambiumError("E_SWEEP", "the sweep has too many cells", {
      expected: `at most ${mostCells}`,
      got: `${size}`,
    });
  const combinations = axes.reduce<Record<string, string>[]>(
    (all, { path, values }) => all.flatMap((settings) => values.map((value) => ({ ...settings, [path]: value }))),
    [{}],
  );
  const taken = new Set<string>();
  const reasons = new Map<string, Reason>();
  const cells = combinations.flatMap((settings): SweepCell[] => {
    const cell = structuredClone(swept);
    for (const [path, value] of Object.entries(settings))
      setAt(cell, path.split("."), toPlain(readYaml(value, path), path));
    const full = Object.entries(settings).map(([path, value]) => `${path}=${value}`);
    const plain =
      full
        .join("+")
        .replace(/[^\w.=+-]+/g, "-")
        .slice(0, 120) || "only";
    let name = plain;
    for (let i = 2; taken.has(name); i++) name = `${plain}-${i}`;
    taken.add(name);
    try {
      return [{ name, settings, recipe: checkRecipe(cell, (path) => path.join(".")) }];
    } catch (error) {
      if (!(error instanceof CambiumError) || error.details.reasons === undefined) throw error;
      for (const reason of error.details.reasons) {
        const key = JSON.stringify(reason);
        if (!reasons.has(key)) reasons.set(key, { ...reason, where: `${full.join(" ")}: ${reason.where ?? ""}` });
      }
      return [];
    }
  });
  if (reasons.size === 0) return cells;
  const count = reasons.size === 1 ? "a mistake" : `${reasons.size} mistakes`;
  throw new CambiumError("E_RECIPE", `the recipe has ${count}`, {
    reasons: [...reasons.values()].slice(0, maxReasons),
  });
}

/** Turns a recipe's `seeds: 3` into an axis like others. */
function withoutSeeds(recipe: unknown, given: readonly SweepAxis[]) {
  if (given.some(({ path }) => path === "seeds"))
    throw new CambiumError("E_SWEEP", "a number of seeds is not an axis", {
      hint: "sweep over seed=0..4, or leave `seeds` to the recipe",
    });
  const part = recipeSchema.pick({ seed: true, seeds: true }).strip().safeParse(recipe).data;
  if (part === undefined || part.seeds === 1) return { axes: given, recipe };
  const { seeds: _, ...rest } = recipe as Record<string, unknown>;
  const own = given.some(({ path }) => path === "seed")
    ? []
    : [{ path: "seed", values: recipeSeeds(part).map(String) }];
  return { axes: [...given, ...own], recipe: rest };
}

/** Sets a field of plain data; missing parents are created. */
function setAt(data: unknown, path: readonly string[], value: unknown): void {
  const where = path.join(".");
  let at = data;
  for (const [i, key] of path.entries()) {
    const holds = typeof at === "object" && at !== null && (!Array.isArray(at) || Object.hasOwn(at, key));
    if (!holds || ["__proto__", "constructor", "prototype"].includes(key))
      throw new CambiumError("E_SWEEP", "the recipe has no such field to sweep over", { where, got: key });
    const held = at as Record<string, unknown>;
    if (i === path.length - 1) held[key] = value;
    else held[key] ??= {};
    at = held[key];
  }
}
