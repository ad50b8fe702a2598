// Runs a recipe: prepares the data, opens the device and runs the arms; a lost device is opened again.
import { dirname, join, resolve } from "node:path";
import { describeDevice } from "@cambium/backend";
import type { ClusterLaunch } from "@cambium/engine";
import { readTextFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { PluginImporter } from "@cambium/plugin";
import { nodeImporter } from "@cambium/plugin/node";
import { parseRecipe, type Recipe, type RecipeReading, recipeSeeds } from "@cambium/recipe";
import { RunDirectory } from "@cambium/run-format/node";
import { fastestBackend } from "./auto-backend.js";
import { auto, type BackendRequest } from "./backend-choice.js";
import { companionFiles } from "./companions.js";
import type { RunObserver } from "./observer.js";
import { openRecipe, recipeReading } from "./open-recipe.js";
import { prepareRecipeData } from "./recipe-data.js";
import { type RunOutcome, runArms, type StageGate } from "./run-arms.js";
import { checkPrompts } from "./stage-samples.js";
import { prepareTasks } from "./task-evaluation.js";

/** Devices that one run may lose before it gives up. */
const maxLosses = 3;

export interface RunOptions {
  /** Where plugins and relative paths of the recipe are looked up. Default: the recipe's directory. */
  readonly projectDir?: string;
  /** The run's directory. Default: `runs/NAME` in the working directory; for a run's own recipe.yaml, that run's. */
  readonly out?: string;
  /** Backend instead of the recipe's, or options for the recipe's. */
  readonly backend?: BackendRequest;
  /** Precision instead of the recipe's. */
  readonly precision?: Recipe["train"]["precision"];
  /** How plugins are found. Default: as an import in `projectDir` would find them. */
  readonly importer?: PluginImporter;
  readonly observer?: RunObserver;
  /** Ends the run after the current step, with a snapshot. */
  readonly signal?: AbortSignal;
  /** How many extra snapshots were requested so far. */
  readonly saveRequests?: () => number;
  /** Where token files are kept. Default: `data` in the run's directory. */
  readonly dataDir?: string;
  /**
   * Waits until a stage may be run here, if several runs share stages.
   * @returns a function that ends this run's turn
   */
  readonly stageGate?: StageGate;
  /** If given, engines start nothing: the run ends once it has written a stage's files for a cluster. */
  readonly handOver?: (launch: ClusterLaunch) => void;
}

/** Reads and checks the recipe at `path`. @throws CambiumError `E_RECIPE`, `E_NOT_FOUND`. */
export async function loadRecipe(path: string): Promise<Recipe> {
  return parseRecipe(await readTextFile(path), path);
}

/**
 * Runs a recipe, or the one at a path, to its end or until `signal`. Of several seeds the first is the run itself; each
 * further one is a run of its own in `seeds/SEED` of its directory.
 * @throws CambiumError for mistakes in the recipe, plugins that are missing or broken, data, disk and device;
 * `E_RUN_LOCKED` when another process runs it; `E_RUN_FORMAT` for the directory of another version's run.
 */
export async function runRecipe(source: string | Recipe, options: RunOptions = {}): Promise<RunOutcome> {
  const projectDir = options.projectDir ?? (typeof source === "string" ? dirname(resolve(source)) : process.cwd());
  const reading = await recipeReading(source);
  const importer = options.importer ?? nodeImporter(projectDir, process.cwd());
  const out = options.out ?? (await ownDirectory(source));
  const whole = { ...options, projectDir, importer, ...(out !== undefined && { out }) };
  return runSeeds(reading, { ...whole, ...(await decideBackend(reading, whole)) });
}

type PlacedOptions = RunOptions & Required<Pick<RunOptions, "projectDir" | "importer">>;

/** The measured choice for `backend: auto`; empty if the backend is named. */
export async function decideBackend(
  reading: RecipeReading,
  options: PlacedOptions,
): Promise<Pick<RunOptions, "backend">> {
  const { recipe, mistakes } = reading;
  const asked = options.backend;
  if (!recipe || mistakes.length > 0 || (asked?.name ?? recipe.backend?.name) !== auto) return {};
  const { projectDir, importer, precision, observer = {} } = options;
  const directory = new RunDirectory(resolve(options.out ?? join("runs", recipe.name)));
  const begun = (await directory.read()) === undefined ? undefined : await loadRecipe(directory.recipe);
  const onStart = (backend: string) => observer.onMeasured?.(backend);
  const { backend, measured } = await fastestBackend(reading, { projectDir, importer, precision, begun, onStart });
  observer.onBackend?.(backend.name, measured);
  return { backend: { ...backend, options: { ...backend.options, ...asked?.options } } };
}

async function runSeeds(reading: RecipeReading, options: PlacedOptions): Promise<RunOutcome> {
  const { recipe, mistakes } = reading;
  const [first, ...others] = recipe ? recipeSeeds(recipe) : [];
  if (recipe === undefined || first === undefined || others.length === 0 || mistakes.length > 0)
    return runSeed(reading, options);
  const seeds = [first, ...others];
  options.observer?.onSeed?.(first, seeds);
  let outcome = await runSeed(reading, options);
  const directory = new RunDirectory(outcome.directory);
  const dataDir = options.dataDir ?? join(directory.path, "data");
  for (const seed of others) {
    if (outcome.state === "interrupted") break;
    options.observer?.onSeed?.(seed, seeds);
    const own = { ...reading, recipe: { ...recipe, seed, seeds: 1 } };
    const { state, cached } = await runSeed(own, { ...options, dataDir, out: directory.seed(seed).path });
    outcome = { state, directory: directory.path, cached: cached && outcome.cached };
  }
  return outcome;
}

async function runSeed(reading: RecipeReading, options: PlacedOptions): Promise<RunOutcome> {
  const { projectDir, observer = {}, signal, importer } = options;
  const opened = await openRecipe(reading, { projectDir, importer }, { backend: options.backend });
  const { operators, engines, family, backend, checkpoint, teachers, tokenizer, corpus } = opened;
  const { train, data: text, backend: computing } = opened.recipe;
  const recipe = {
    ...opened.recipe,
    train: { ...train, precision: options.precision ?? train.precision },
    data: { ...text, tokenizer: tokenizer.name },
  };
  const directory = new RunDirectory(resolve(options.out ?? join("runs", recipe.name)));
  await checkPrompts(recipe.samples, tokenizer);
  const tasks = await prepareTasks(recipe, projectDir, importer, tokenizer);
  await directory.create();
  const unlock = await directory.lock();
  try {
    // A directory of another format is refused before anything in it changes.
    const before = await directory.read();
    const cacheDir = options.dataDir ?? join(directory.path, "data");
    const data = await prepareRecipeData(recipe, { corpus, tokenizer, cacheDir, observer, signal });
    try {
      const files = await companionFiles(tokenizer.name, projectDir, checkpoint);
      for (let losses = 0; ; losses++) {
        const device = await backend.open(computing.options);
        try {
          observer.onDevice?.(`${device.info.backend} ${device.info.version}: ${describeDevice(device.info)}`);
          return await runArms({
            recipe,
            projectDir,
            before,
            directory,
            device,
            data,
            observer,
            operators,
            engines,
            family,
            checkpoint,
            teachers,
            files,
            signal,
            saveRequests: options.saveRequests,
            stageGate: options.stageGate,
            handOver: options.handOver,
            tasks,
          });
        } catch (error) {
          // A driver reset or an unplugged GPU loses the device; what is saved is enough to continue.
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
    return { state: "interrupted", directory: directory.path, cached: false };
  } finally {
    await unlock();
  }
}

/** The directory of the run whose own recipe.yaml this is. */
async function ownDirectory(source: string | Recipe): Promise<string | undefined> {
  if (typeof source !== "string") return undefined;
  const directory = new RunDirectory(dirname(resolve(source)));
  return directory.recipe === resolve(source) && (await directory.read()) ? directory.path : undefined;
}
