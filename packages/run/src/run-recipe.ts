// Runs a recipe: data, device, arms and their stages, in an order and with a cache such that the same command always
// goes on where the last one stopped.
import { dirname, join, resolve } from "node:path";
import { type Device, resolveBackend } from "@cambium/backend";
import type { ExtraFile } from "@cambium/checkpoint";
import type { PreparedData } from "@cambium/data/node";
import { readTextFile, writeFileAtomic } from "@cambium/files";
import { operatorPlugin } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { nodeImporter } from "@cambium/plugin/node";
import { type ArmPlan, parseRecipe, planArms, type Recipe, type RecipeOperators } from "@cambium/recipe";
import { type RunManifest, runFormatVersion } from "@cambium/run-format";
import { RunDirectory } from "@cambium/run-format/node";
import { requirePrecision } from "@cambium/train";
import { stringify } from "yaml";
import { type Checkpoint, readCheckpoint } from "./checkpoint-start.js";
import { companionFiles } from "./companions.js";
import { Handover } from "./handover.js";
import { machineInfo, requireMemory } from "./machine.js";
import type { RunObserver } from "./observer.js";
import { prepareRecipeData } from "./recipe-data.js";
import { runStage } from "./stage-runner.js";
import { version } from "./version.js";

/** Devices that one run may lose before it gives up. */
const maxLosses = 3;

export interface RunOptions {
  /** Where plugins and relative paths of the recipe are looked up. Default: the recipe's directory. */
  readonly projectDir?: string;
  /** The run's directory. Default: `runs/NAME` in the working directory. */
  readonly out?: string;
  /** Backend instead of the recipe's. */
  readonly backend?: Recipe["backend"];
  /** Precision instead of the recipe's. */
  readonly precision?: Recipe["train"]["precision"];
  /** How plugins are found. Default: as an import in `projectDir` would find them. */
  readonly importer?: PluginImporter;
  readonly observer?: RunObserver;
  /** Ends the run after the step at hand, with a snapshot. */
  readonly signal?: AbortSignal;
}

export interface RunOutcome {
  /** `aborted`: stopped by the signal; all that was done is saved. */
  readonly state: "done" | "aborted";
  readonly directory: string;
  /** Nothing had to be trained. */
  readonly cached: boolean;
}

/** Reads and checks the recipe at `path`. @throws CambiumError `E_RECIPE`, `E_NOT_FOUND`. */
export async function loadRecipe(path: string): Promise<Recipe> {
  return parseRecipe(await readTextFile(path), path);
}

/**
 * Runs a recipe, or the one at a path, to its end or until `signal`.
 * @throws CambiumError for mistakes in the recipe, plugins that are missing or broken, data, disk and device;
 * `E_RUN_LOCKED` when another process runs it.
 */
export async function runRecipe(source: string | Recipe, options: RunOptions = {}): Promise<RunOutcome> {
  const given = typeof source === "string" ? await loadRecipe(source) : source;
  const { precision = given.train.precision } = options;
  const recipe = { ...given, train: { ...given.train, precision } };
  const projectDir = options.projectDir ?? (typeof source === "string" ? dirname(resolve(source)) : process.cwd());
  const directory = new RunDirectory(resolve(options.out ?? join("runs", recipe.name)));
  const { observer = {}, signal, importer = nodeImporter(projectDir, process.cwd()) } = options;
  const { name, options: settings } = options.backend ?? recipe.backend;
  const operators = await resolveOperators(recipe, importer);
  const backend = await resolveBackend(name, importer);
  const from = recipe.model.from;
  const checkpoint = from === undefined ? undefined : await readCheckpoint(resolve(projectDir, from));
  await directory.create();
  const unlock = await directory.lock();
  try {
    const cacheDir = join(directory.path, "data");
    const data = await prepareRecipeData(recipe, { projectDir, cacheDir, observer, signal });
    try {
      const files = await companionFiles(recipe, projectDir, checkpoint);
      for (let losses = 0; ; losses++) {
        const device = await backend.open(settings);
        try {
          observer.onDevice?.(`${device.info.backend} ${device.info.version}: ${device.info.device}`);
          return await runArms({ recipe, directory, device, data, observer, operators, checkpoint, files, signal });
        } catch (error) {
          // A driver that resets or a GPU that leaves takes the device along; what is saved is enough to go on.
          if (!(error instanceof CambiumError) || error.code !== "E_DEVICE_LOST" || losses === maxLosses) throw error;
          observer.onDeviceLost?.(error.message);
        } finally {
          await device.close();
        }
      }
    } finally {
      data.close();
    }
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    return { state: "aborted", directory: directory.path, cached: false };
  } finally {
    await unlock();
  }
}

/** @throws CambiumError for an operator that is missing or broken. */
export async function resolveOperators(recipe: Recipe, importer: PluginImporter): Promise<RecipeOperators> {
  const resolve = (steps: readonly { readonly operator: string }[]) =>
    Promise.all(steps.map(async ({ operator }) => (await resolvePlugin(operatorPlugin, operator, importer)).plugin));
  return { growth: await resolve(recipe.growth), variants: await resolve(recipe.variants) };
}

interface Prepared {
  readonly recipe: Recipe;
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly data: PreparedData;
  readonly observer: RunObserver;
  readonly operators: RecipeOperators;
  readonly checkpoint: Checkpoint | undefined;
  readonly files: readonly ExtraFile[];
  readonly signal: AbortSignal | undefined;
}

async function runArms(run: Prepared): Promise<RunOutcome> {
  const { recipe, directory, device, data, observer, operators, checkpoint, files, signal } = run;
  requirePrecision(device.info, recipe.train.precision);
  const { backend, version: engine, device: computes } = device.info;
  const { vocabSize, bosId, eosId } = data.tokenizer;
  const arms = planArms(recipe, {
    ...{ vocabSize, bosId, eosId, operators },
    dataContent: data.stats.content,
    device: `${backend} ${engine} ${computes}`,
    ...(checkpoint && { checkpoint }),
  });
  for (const stage of arms.flatMap(({ stages }) => stages)) requireMemory(stage);
  observer.onPlan?.(arms);
  const manifest = describeRun(run, arms);
  await writeFileAtomic(directory.recipe, recipeText(recipe));
  await directory.write(manifest);
  const companions = { files, config: checkpoint?.configJson };
  using handover = new Handover({ recipe, device });
  let cached = true;
  for (const arm of arms) {
    for (const [i, plan] of arm.stages.entries()) {
      const next = arm.stages[i + 1];
      const samples = next === undefined;
      const context = { recipe, directory, device, data, observer, signal, companions, samples, handover, next };
      const outcome = await runStage(plan, context);
      if (outcome === "aborted") return { state: "aborted", directory: directory.path, cached: false };
      if (outcome === "done") cached = false;
    }
  }
  await directory.write({ ...manifest, state: "done" });
  return { state: "done", directory: directory.path, cached };
}

function describeRun({ recipe, device, data }: Prepared, arms: readonly ArmPlan[]): RunManifest {
  const { backend: name, version: engine, device: computes } = device.info;
  return {
    formatVersion: runFormatVersion,
    name: recipe.name,
    cambium: version,
    state: "running",
    machine: machineInfo(),
    backend: { name, version: engine, device: computes },
    data: {
      corpus: recipe.data.corpus,
      tokenizer: data.tokenizer.name,
      trainTokens: data.stats.train.tokens,
      heldOutTokens: data.stats.heldOut.tokens,
    },
    arms: arms.map((arm) => ({ name: arm.name, stages: arm.stages.map(({ id }) => id) })),
  };
}

function recipeText(recipe: Recipe): string {
  return `# The recipe as it was run: every default written out.\n${stringify(recipe)}`;
}
