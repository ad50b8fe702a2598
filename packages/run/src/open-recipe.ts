// Finds everything a recipe names before anything is written: plugins, checkpoint, tokenizer and text. All mistakes, in
// the recipe's text, in what it names or in the shapes that result, are reported at once.

import { resolve } from "node:path";
import { type Backend, resolveBackend } from "@cambium/backend";
import type { Tokenizer } from "@cambium/data";
import { enginePlugin } from "@cambium/engine";
import { readTextFile } from "@cambium/files";
import { reasonOf } from "@cambium/grow/node";
import { operatorPlugin } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import type { Family } from "@cambium/model";
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import {
  type ArmPlan,
  planArms,
  type Recipe,
  type RecipeOperators,
  type RecipeReading,
  readRecipe,
  recipeNames,
  recipePart,
  refuseRecipe,
  teacherPaths,
} from "@cambium/recipe";
import { auto, type BackendRequest, chooseBackend } from "./backend-choice.js";
import { type Checkpoint, readCheckpoint } from "./checkpoint-start.js";
import { type RecipeEngines, resolveEngines } from "./engines.js";
import { familiesOf, resolveFamily } from "./families.js";
import { type RecipeCorpus, recipeCorpus, recipeTokenizer } from "./recipe-data.js";

export interface RecipeSurroundings {
  /** Where relative paths of the recipe start. */
  readonly projectDir: string;
  readonly importer: PluginImporter;
}

/** A recipe with what its plan is made from. */
export interface PlannedRecipe {
  readonly recipe: Recipe;
  readonly operators: RecipeOperators;
  readonly family: Family;
  readonly checkpoint: Checkpoint | undefined;
  /** The checkpoints that it names as teachers, by those names. */
  readonly teachers: ReadonlyMap<string, Checkpoint>;
  readonly tokenizer: Tokenizer;
  /** Planned without knowledge of text and device. */
  readonly arms: readonly ArmPlan[];
}

/** A recipe with all that it runs with. */
export interface OpenedRecipe extends PlannedRecipe {
  readonly recipe: Recipe & { readonly backend: NonNullable<Recipe["backend"]> };
  readonly backend: Backend;
  readonly engines: RecipeEngines;
  readonly corpus: RecipeCorpus;
}

/** A recipe from its file, or one that is in memory and was checked. @throws CambiumError `E_RECIPE`, `E_NOT_FOUND` */
export async function recipeReading(source: string | Recipe): Promise<RecipeReading> {
  if (typeof source === "string") return readRecipe(await readTextFile(source), source);
  return { value: source, recipe: source, mistakes: [], locate: (path) => path.join("."), position: () => 0 };
}

/**
 * Finds what a recipe's stages are planned from; its text, backend and engines are not looked up.
 * @throws CambiumError the one mistake, or `E_RECIPE` with all
 */
export async function planRecipe(reading: RecipeReading, around: RecipeSurroundings): Promise<PlannedRecipe> {
  const found = new Found(reading);
  const planned = await findPlanned(found, around);
  found.throwIfAny();
  return planned as PlannedRecipe;
}

/** @throws CambiumError the one mistake, or `E_RECIPE` with all */
export async function openRecipe(
  reading: RecipeReading,
  around: RecipeSurroundings,
  asked: { readonly backend: BackendRequest | undefined },
): Promise<OpenedRecipe> {
  const { value, recipe } = reading;
  const found = new Found(reading);
  const named = recipeNames(value).find(({ kind }) => kind === "backend");
  const own = recipe?.backend ?? (named && { name: named.name, options: {} });
  const place = named?.path ?? ["backend"];
  const computing = await found.check(place, () => chooseBackend(asked.backend, own, around.importer));
  // By now `auto` has been replaced, unless the recipe has mistakes, which are reported first.
  const isNamed = computing && computing.name !== auto;
  const backend = isNamed && (await found.check(place, () => resolveBackend(computing.name, around.importer)));
  const engines = recipe && (await found.check(["train", "engine"], () => resolveEngines(recipe, around.importer)));
  for (const { kind, name, path } of recipe === undefined ? recipeNames(value) : []) {
    if (kind === "engine") await found.check(path, () => resolvePlugin(enginePlugin, name, around.importer));
  }
  const data = recipePart(value, "data");
  const corpus = data && (await found.check(["data", "corpus"], () => recipeCorpus({ data }, around.projectDir)));
  const planned = await findPlanned(found, around);
  found.throwIfAny();
  const whole = { ...(planned as PlannedRecipe).recipe, backend: computing };
  return { ...planned, recipe: whole, backend, engines, corpus } as OpenedRecipe;
}

async function findPlanned(found: Found, { projectDir, importer }: RecipeSurroundings) {
  const { value, recipe } = found.reading;
  for (const { kind, name, path } of recipeNames(value)) {
    if (kind === "operator") await found.check(path, () => resolvePlugin(operatorPlugin, name, importer));
    if (kind === "family") await found.check(path, () => resolveFamily(name, importer));
  }
  const model = recipePart(value, "model");
  const data = recipePart(value, "data");
  const named = model?.family === undefined ? [] : [model.family];
  const from = model?.from;
  const checkpoint =
    from === undefined
      ? undefined
      : await found.check(["model", "from"], async () =>
          readCheckpoint(resolve(projectDir, from), await familiesOf(projectDir, importer, named)),
        );
  const knowsTokens = data && model && (from === undefined || checkpoint !== undefined);
  const tokenizer = knowsTokens
    ? await found.check(["data", "tokenizer"], () => recipeTokenizer({ data }, { projectDir, checkpoint }))
    : undefined;
  const teachers = new Map<string, Checkpoint>();
  for (const { from, path } of recipe ? teacherPaths(recipe) : []) {
    const families = await familiesOf(projectDir, importer, named);
    const teacher = await found.check(path, () => readCheckpoint(resolve(projectDir, from), families));
    if (teacher) teachers.set(from, teacher);
  }
  if (!recipe || !tokenizer || found.hasMistakeIn("model", "growth", "variants")) return undefined;
  const operators = await resolveOperators(recipe, importer);
  const family = await resolveFamily(recipe.model.family, importer);
  const { vocabSize, bosId, eosId } = tokenizer;
  const context = { ...{ vocabSize, bosId, eosId, operators, family, teachers }, dataContent: "", device: "" };
  const place = recipe.growth.length > 0 ? ["growth"] : [];
  const arms = await found.check(place, () => planArms(recipe, { ...context, ...(checkpoint && { checkpoint }) }));
  return arms && { recipe, operators, family, checkpoint, teachers, tokenizer, arms };
}

/** @throws CambiumError for an operator that is missing or broken. */
async function resolveOperators(recipe: Recipe, importer: PluginImporter): Promise<RecipeOperators> {
  const resolve = (steps: readonly { readonly operator: string }[]) =>
    Promise.all(steps.map(async ({ operator }) => (await resolvePlugin(operatorPlugin, operator, importer)).plugin));
  return { growth: await resolve(recipe.growth), variants: await resolve(recipe.variants) };
}

function isSame(one: CambiumError, other: CambiumError): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Collects the mistakes in what a recipe names, each with its place in the recipe. */
class Found {
  readonly #errors: { readonly path: readonly PropertyKey[]; readonly error: CambiumError }[] = [];

  constructor(readonly reading: RecipeReading) {}

  /** Returns what `work` returns; undefined if it throws a CambiumError, which is collected once. Rethrows others. */
  async check<T>(path: readonly PropertyKey[], work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      // A missing family is reported again when the checkpoint is read.
      if (this.#errors.every((other) => !isSame(other.error, error))) this.#errors.push({ path, error });
      return undefined;
    }
  }

  /** Whether there is a mistake in one of these sections. */
  hasMistakeIn(...sections: readonly string[]): boolean {
    return this.#errors.some(({ path }) => sections.includes(String(path[0])));
  }

  throwIfAny(): void {
    const { mistakes, locate } = this.reading;
    const [only] = this.#errors;
    if (only === undefined && mistakes.length === 0) return;
    if (only !== undefined && this.#errors.length + mistakes.length === 1) {
      const { code, summary, details } = only.error;
      throw new CambiumError(code, summary, { where: locate(only.path), ...details });
    }
    const others = this.#errors.map(({ path, error }) => {
      const { where, message, ...reason } = reasonOf(error);
      return { ...reason, path, message: where === undefined ? message : `${message} (${where})` };
    });
    refuseRecipe(this.reading, [...mistakes, ...others]);
  }
}
