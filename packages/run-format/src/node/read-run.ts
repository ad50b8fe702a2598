// Reads a run directory as it stands, finished or in progress; writes nothing.
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
  /** In order of `step`, each step once; of a long stage some, the extremes among them. */
  readonly rows: readonly MetricsRow[];
  /** Rows that the stage wrote, and how many of them skipped their step. Absent where `rows` are all of them. */
  readonly counted?: { readonly rows: number; readonly skipped: number };
  /** What the final model did on tasks, where it was evaluated. */
  readonly evaluation?: StageEvaluation;
  /** How much of its depth the final model uses, where it was looked at. */
  readonly depth?: StageDepth;
}

/** Rows of a run that are kept, about. */
const mostRows = 200_000;
/** Of a stage, however many stages there are. */
const leastRows = 64;

export interface RunRecord {
  readonly manifest: RunManifest;
  /** Stages that have begun, by id. */
  readonly stages: ReadonlyMap<string, StageRecord>;
  /** The runs of a recipe's further seeds that have begun. */
  readonly others: ReadonlyMap<number, RunRecord>;
  /** recipe.yaml as text; absent where it was not written yet. */
  readonly recipe?: string;
}

/**
 * Reads run.json, recipe.yaml and every stage, of all seeds. A stage without record.json has not begun.
 * @throws CambiumError `E_RUN_NOT_FOUND` for a directory without run.json, `E_RUN_FORMAT` for content that no run has.
 */
export async function readRun(path: string): Promise<RunRecord> {
  const directory = new RunDirectory(path);
  const manifest = await directory.read();
  if (manifest === undefined) {
    throw new CambiumError("E_RUN_NOT_FOUND", "this directory is not a run", {
      where: path,
      expected: "a directory with run.json, as `cambium run` writes it",
      hint: "give the run's own directory, for example runs/quickstart",
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
