// Finds everything a recipe names before anything is written: plugins, checkpoint, tokenizer and text. All mistakes, in
// the recipe's text, in what it names or in the shapes that result, are reported at once.

import { resolve } from "node:path";
import { type Backend, resolveBackend } from "@cambium/backend";
import { bytesTokenizer, type Tokenizer } from "@cambium/data";
import { enginePlugin } from "@cambium/engine";
import { readTextFile } from "@cambium/files";
import { operatorPlugin } from "@cambium/growth";
import { CambiumError, Mistakes, reasonOf } from "@cambium/ir";
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
import { checkEngines, type RecipeEngines, resolveEngines } from "./engines.js";
import { familiesOf, resolveFamily } from "./families.js";
import { type RecipeCorpus, recipeCorpus, recipeTokenizer } from "./recipe-data.js";

export interface RecipeSurroundings {
  /** Where relative paths of the recipe start. */
  readonly projectDir: string;
  readonly importer: PluginImporter;
  /** Plans without the recipe's tokenizer, as for one of so many tokens. */
  readonly vocab?: number | undefined;
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
  const found = new RecipeMistakes(reading);
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
  const found = new RecipeMistakes(reading);
  const named = recipeNames(value).find(({ kind }) => kind === "backend");
  const own = recipe?.backend ?? (named && { name: named.name, options: {} });
  const place = named?.path ?? ["backend"];
  const computing = await found.check(() => chooseBackend(asked.backend, own, around.importer), place);
  // By now `auto` has been replaced, unless the recipe has mistakes, which are reported first.
  const isNamed = computing && computing.name !== auto;
  const backend = isNamed && (await found.check(() => resolveBackend(computing.name, around.importer), place));
  const engines = recipe && (await found.check(() => resolveEngines(recipe, around.importer), ["train", "engine"]));
  for (const { kind, name, path } of recipe === undefined ? recipeNames(value) : []) {
    if (kind === "engine") await found.check(() => resolvePlugin(enginePlugin, name, around.importer), path);
  }
  const data = recipePart(value, "data");
  const corpus = data && (await found.check(() => recipeCorpus({ data }, around.projectDir), ["data", "corpus"]));
  const planned = await findPlanned(found, around);
  found.throwIfAny();
  if (recipe && engines && planned) checkEngines(recipe, engines, planned.arms);
  const whole = { ...(planned as PlannedRecipe).recipe, backend: computing };
  return { ...planned, recipe: whole, backend, engines, corpus } as OpenedRecipe;
}

async function findPlanned(found: RecipeMistakes, { projectDir, importer, vocab }: RecipeSurroundings) {
  const { value, recipe } = found.reading;
  for (const { kind, name, path } of recipeNames(value)) {
    if (kind === "operator") await found.check(() => resolvePlugin(operatorPlugin, name, importer), path);
    if (kind === "family") await found.check(() => resolveFamily(name, importer), path);
  }
  const model = recipePart(value, "model");
  const data = recipePart(value, "data");
  const named = model?.family === undefined ? [] : [model.family];
  const from = model?.from;
  const checkpoint =
    from === undefined
      ? undefined
      : await found.check(
          async () => readCheckpoint(resolve(projectDir, from), await familiesOf(projectDir, importer, named)),
          ["model", "from"],
        );
  const knowsTokens = data && model && (from === undefined || checkpoint !== undefined);
  const tokenizer = knowsTokens
    ? await found.check(
        () =>
          vocab === undefined
            ? recipeTokenizer({ data }, { projectDir, checkpoint })
            : { ...bytesTokenizer(), name: `${vocab} tokens`, vocabSize: vocab },
        ["data", "tokenizer"],
      )
    : undefined;
  const teachers = new Map<string, Checkpoint>();
  for (const { from, path } of recipe ? teacherPaths(recipe) : []) {
    const families = await familiesOf(projectDir, importer, named);
    const teacher = await found.check(() => readCheckpoint(resolve(projectDir, from), families), path);
    if (teacher) teachers.set(from, teacher);
  }
  if (!recipe || !tokenizer || found.hasMistakeIn("model", "growth", "variants")) return undefined;
  const operators = await resolveOperators(recipe, importer);
  const family = await resolveFamily(recipe.model.family, importer);
  const { vocabSize, bosId, eosId } = tokenizer;
  const around = { ...{ vocabSize, bosId, eosId, operators, family, teachers }, dataContent: "", device: "" };
  const place = recipe.growth.length > 0 ? ["growth"] : [];
  const arms = await found.check(() => planArms(recipe, { ...around, ...(checkpoint && { checkpoint }) }), place);
  return arms && { recipe, operators, family, checkpoint, teachers, tokenizer, arms };
}

/** @throws CambiumError for an operator that is missing or broken. */
async function resolveOperators(recipe: Recipe, importer: PluginImporter): Promise<RecipeOperators> {
  const resolve = (steps: readonly { readonly operator: string }[]) =>
    Promise.all(steps.map(async ({ operator }) => (await resolvePlugin(operatorPlugin, operator, importer)).plugin));
  return { growth: await resolve(recipe.growth), variants: await resolve(recipe.variants) };
}

/** Collects the mistakes in what a recipe names, each with its place in the recipe. */
class RecipeMistakes extends Mistakes<readonly PropertyKey[]> {
  constructor(readonly reading: RecipeReading) {
    super();
  }

  /** Whether there is a mistake in one of these sections. */
  hasMistakeIn(...sections: readonly string[]): boolean {
    return this.found.some(({ at }) => sections.includes(String(at?.[0])));
  }

  /** @throws CambiumError the only mistake, with its line; or `E_RECIPE` with all of them and those in the text */
  override throwIfAny(): void {
    const { mistakes, locate } = this.reading;
    const [only] = this.found;
    if (only === undefined && mistakes.length === 0) return;
    if (only !== undefined && this.found.length + mistakes.length === 1) {
      const { code, summary, details } = only.error;
      throw new CambiumError(code, summary, { where: locate(only.at ?? []), ...details });
    }
    const others = this.found.map(({ at: path = [], error }) => {
      const { where, message, ...reason } = reasonOf(error);
      return { ...reason, path, message: where === undefined ? message : `${message} (${where})` };
    });
    refuseRecipe(this.reading, [...mistakes, ...others]);
  }
}
