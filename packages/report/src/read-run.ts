// Reads a run directory as it stands, finished or in progress; writes nothing.
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunManifest, StageManifest } from "@cambium/experiment";
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";
import { checkRow, checkRun, checkStage } from "./run-schema.js";

export interface StageRecord {
  readonly manifest: StageManifest;
  /** In order of `step`, each step once. */
  readonly rows: readonly MetricsRow[];
}

export interface RunRecord {
  readonly manifest: RunManifest;
  /** Stages that have begun, by id. */
  readonly stages: ReadonlyMap<string, StageRecord>;
  /** recipe.yaml as text; absent where it was not written yet. */
  readonly recipe?: string;
}

/**
 * Reads run.json, recipe.yaml and every stage. A stage without stage.json has not begun; a last metrics line that is
 * cut off is left out; where a continued run wrote a step again, the later line counts.
 * @throws CambiumError `E_RUN_NOT_FOUND` for a directory without run.json, `E_RUN_FORMAT` for content that no run has.
 */
export async function readRun(runDir: string): Promise<RunRecord> {
  const source = await readOptional(join(runDir, "run.json"));
  if (source === undefined) {
    throw new CambiumError("E_RUN_NOT_FOUND", "this directory is not a run", {
      where: runDir,
      expected: "a directory with run.json, as `cambium run` writes it",
      hint: "give the run's own directory, for example runs/quickstart",
    });
  }
  const manifest = checkRun(parseJson(source, join(runDir, "run.json")), join(runDir, "run.json"));
  const stages = new Map<string, StageRecord>();
  for (const id of new Set(manifest.arms.flatMap((arm) => arm.stages))) {
    const stage = await readStage(join(runDir, "stages", id));
    if (stage !== undefined) stages.set(id, stage);
  }
  const recipe = await readOptional(join(runDir, "recipe.yaml"));
  return { manifest, stages, ...(recipe === undefined ? {} : { recipe }) };
}

async function readStage(directory: string): Promise<StageRecord | undefined> {
  const path = join(directory, "stage.json");
  const source = await readOptional(path);
  if (source === undefined) return undefined;
  return {
    manifest: checkStage(parseJson(source, path), path),
    rows: await readMetrics(join(directory, "metrics.jsonl")),
  };
}

async function readMetrics(path: string): Promise<MetricsRow[]> {
  const rows: MetricsRow[] = [];
  const file = await open(path).catch(ifAbsent);
  if (file === undefined) return rows;
  let number = 0;
  let pending: string | undefined;
  for await (const line of file.readLines()) {
    if (pending !== undefined) take(pending);
    number++;
    pending = line;
  }
  // Only the last line may be cut off: a run in progress is writing it.
  if (pending !== undefined && isJson(pending)) take(pending);
  return rows;

  function take(line: string): void {
    if (line.trim() === "") return;
    const row = checkRow(parseJson(line, `${path}:${number}`), `${path}:${number}`);
    while ((rows.at(-1)?.step ?? -1) >= row.step) rows.pop();
    rows.push(row);
  }
}

function parseJson(source: string, where: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new CambiumError("E_RUN_FORMAT", `${where} is not JSON`, { where, got: (cause as Error).message, cause });
  }
}

function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(ifAbsent);
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
