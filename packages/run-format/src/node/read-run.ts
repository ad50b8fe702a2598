// Reads a run directory, finished or in progress. Writes nothing.
import { readTextFileIfThere } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";
import type { RunManifest } from "../run-manifest.js";
import type { StageDepth } from "../stage-depth.js";
import type { StageEvaluation } from "../stage-evaluation.js";
import type { StageManifest } from "../stage-manifest.js";
import { readThinned } from "./metrics-file.js";
import { RunDirectory } from "./run-directory.js";

export interface StageRecord {
  readonly manifest: StageManifest;
  /** In order of `step`, each step once. A long stage is thinned, keeping the extremes. */
  readonly rows: readonly MetricsRow[];
  /** How many rows the stage wrote, and how many of them skipped their step. Absent if `rows` has them all. */
  readonly counted?: { readonly rows: number; readonly skipped: number };
  /** The final model's results on tasks, if it was evaluated. */
  readonly evaluation?: StageEvaluation;
  /** How much of its depth the final model uses, if that was measured. */
  readonly depth?: StageDepth;
}

/** About how many rows of a run are kept in memory, divided among its stages. */
const mostRows = 200_000;
/** Rows kept of each stage, however many stages there are. */
const leastRows = 64;

export interface RunRecord {
  readonly manifest: RunManifest;
  /** Stages that have started, by id. */
  readonly stages: ReadonlyMap<string, StageRecord>;
  /** The runs of the recipe's other seeds that have started, by seed. */
  readonly others: ReadonlyMap<number, RunRecord>;
  /** recipe.yaml as text; absent if it is not written yet. */
  readonly recipe?: string;
}

/**
 * Reads run.json, recipe.yaml and every stage, for all seeds. A stage without record.json has not started.
 * @throws CambiumError `E_RUN_NOT_FOUND` for a directory without run.json, `E_RUN_FORMAT` for invalid content
 */
export async function readRun(path: string): Promise<RunRecord> {
  const directory = new RunDirectory(path);
  const manifest = await directory.read();
  if (manifest === undefined) {
    throw new CambiumError("E_RUN_NOT_FOUND", "this directory is not a run", {
      where: path,
      expected: "a directory with run.json, as `cambium run` writes it",
      hint: "give the run's own directory, for example runs/quickstart; the runs of a sweep are in its folder cells",
    });
  }
  const stages = new Map<string, StageRecord>();
  const ids = new Set(manifest.arms.flatMap((arm) => arm.stages));
  const most = Math.max(leastRows, Math.floor(mostRows / ids.size));
  for (const id of ids) {
    const stage = directory.stage(id);
    const begun = await stage.read();
    if (begun === undefined) continue;
    const { rows, counted } = await readThinned(stage.metrics, most);
    const depth = await stage.readDepth();
    const evaluation = await stage.readEvaluation();
    stages.set(id, {
      ...{ manifest: begun, rows },
      ...(counted.rows !== rows.length && { counted }),
      ...(evaluation && { evaluation }),
      ...(depth && { depth }),
    });
  }
  const recipe = await readTextFileIfThere(directory.recipe);
  const others = new Map<number, RunRecord>();
  for (const seed of manifest.seeds?.slice(1) ?? []) {
    const other = directory.seed(seed);
    if ((await other.read()) !== undefined) others.set(seed, await readRun(other.path));
  }
  return { manifest, stages, others, ...(recipe === undefined ? {} : { recipe }) };
}
