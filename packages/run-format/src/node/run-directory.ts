// Paths in a run's directory, and its manifests.
import { lstat, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { takeLock, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { FamilyResolver } from "@cambium/model";
import { parseStage, type Stage, stageJson } from "@cambium/recipe";
import { z } from "zod";
import { type RunManifest, runFormatVersion, runManifest } from "../run-manifest.js";
import { type StageDepth, stageDepth } from "../stage-depth.js";
import { type StageEvaluation, stageEvaluation } from "../stage-evaluation.js";
import { type StageManifest, stageManifest } from "../stage-manifest.js";
import { readJson, writeJson } from "./json-file.js";

/**
 * A run in a checkpoint's folder would hide the checkpoint: commands given the folder would take the run's model.
 * @throws CambiumError `E_EXISTS`
 */
export async function requireNoCheckpoint(path: string): Promise<void> {
  const there = await lstat(join(path, "config.json")).catch(() => undefined);
  if (!there) return;
  throw new CambiumError("E_EXISTS", "a model is there already", {
    where: path,
    expected: "a folder for the run: a new one, an empty one, or this run's",
    got: "config.json",
    hint: "choose another folder with --out",
  });
}

const ofSomeFormat = z.object({ formatVersion: z.number(), cambium: z.string().exactOptional() });

export class RunDirectory {
  constructor(readonly path: string) {}

  get manifest(): string {
    return join(this.path, "run.json");
  }

  get recipe(): string {
    return join(this.path, "recipe.yaml");
  }

  /** The folder of an arm's TensorBoard events. */
  tensorboard(arm: string): string {
    return join(this.path, "tensorboard", arm.replace(/[^\w.@+-]+/g, "-"));
  }

  /** The run of another seed of the same recipe. */
  seed(seed: number): RunDirectory {
    return new RunDirectory(join(this.path, "seeds", String(seed)));
  }

  stage(id: string): StageDirectory {
    return new StageDirectory(join(this.path, "stages", id));
  }

  /** @throws CambiumError `E_EXISTS` if a checkpoint is there; file errors */
  async create(): Promise<void> {
    await requireNoCheckpoint(this.path);
    await withFileErrors(this.path, () => mkdir(join(this.path, "stages"), { recursive: true }));
  }

  async write(manifest: RunManifest): Promise<void> {
    await writeJson(this.manifest, manifest);
  }

  /**
   * Undefined if the run has not started.
   * @throws CambiumError `E_RUN_FORMAT` for a run of another format, and for invalid content
   */
  async read(): Promise<RunManifest | undefined> {
    const version = await readJson(ofSomeFormat, this.manifest);
    if (version === undefined || version.formatVersion === runFormatVersion)
      return readJson(runManifest, this.manifest);
    throw new CambiumError("E_RUN_FORMAT", "the run was made by another version of Cambium", {
      where: this.manifest,
      expected: `run format ${runFormatVersion}`,
      got: `run format ${version.formatVersion}${version.cambium === undefined ? "" : ` of Cambium ${version.cambium}`}`,
      hint: "use that version, give the run another --out, or delete the directory",
    });
  }

  /**
   * Locks the run for this process. @returns a function that releases the lock
   * @throws CambiumError `E_RUN_LOCKED` naming the lock and the process that holds it
   */
  lock(): Promise<() => Promise<void>> {
    return takeLock(join(this.path, "run.lock"), {
      code: "E_RUN_LOCKED",
      message: "another process is running this recipe",
      hint: "wait for it, stop it, or give the run another --out",
    });
  }
}

export class StageDirectory {
  constructor(readonly path: string) {}

  get stage(): string {
    return join(this.path, "stage.json");
  }

  get record(): string {
    return join(this.path, "record.json");
  }

  get metrics(): string {
    return join(this.path, "metrics.jsonl");
  }

  /** The final model's results on tasks. */
  get evaluation(): string {
    return join(this.path, "evaluation.json");
  }

  /** The journal of a task's scores, one line per sequence. */
  scores(task: string): string {
    return join(this.path, "evaluation", `${task.replace(/[^\w@+-]+/g, "-")}.scores.jsonl`);
  }

  /** How much of its depth the final model uses. */
  get depth(): string {
    return join(this.path, "depth.json");
  }

  async writeDepth(depth: StageDepth): Promise<void> {
    await writeJson(this.depth, depth);
  }

  /** Undefined if it was not measured. @throws CambiumError `E_RUN_FORMAT` */
  async readDepth(): Promise<StageDepth | undefined> {
    return readJson(stageDepth, this.depth);
  }

  async writeEvaluation(evaluation: StageEvaluation): Promise<void> {
    await writeJson(this.evaluation, evaluation);
  }

  /** Undefined if no task was evaluated. @throws CambiumError `E_RUN_FORMAT` */
  async readEvaluation(): Promise<StageEvaluation | undefined> {
    return readJson(stageEvaluation, this.evaluation);
  }

  get model(): string {
    return join(this.path, "model");
  }

  get snapshot(): string {
    return join(this.path, "snapshot");
  }

  /** Working folder of an external engine while it trains the stage. */
  get engine(): string {
    return join(this.path, "engine");
  }

  async removeEngine(): Promise<void> {
    await withFileErrors(this.engine, () => rm(this.engine, { recursive: true, force: true }));
  }

  async create(): Promise<void> {
    await withFileErrors(this.path, () => mkdir(this.snapshot, { recursive: true }));
  }

  async write(manifest: StageManifest): Promise<void> {
    await writeJson(this.record, manifest);
  }

  /** Undefined if the stage has not started. @throws CambiumError `E_RUN_FORMAT` */
  async read(): Promise<StageManifest | undefined> {
    return readJson(stageManifest, this.record);
  }

  /** Writes stage.json; with it and its parent's snapshot another machine can train the stage. */
  async writeStage(stage: Stage): Promise<void> {
    await writeJson(this.stage, stageJson(stage));
  }

  /** The parsed stage.json, not validated; undefined if it does not exist. @throws CambiumError `E_RUN_FORMAT` */
  async readStageJson(): Promise<unknown> {
    return readJson(z.unknown(), this.stage);
  }

  /**
   * Undefined if stage.json does not exist.
   * @param resolve finds the families of its models; default: the built-in ones
   * @throws CambiumError `E_STAGE` for an invalid stage, `E_RUN_FORMAT` for text that is not JSON
   */
  async readStage(resolve?: FamilyResolver): Promise<Stage | undefined> {
    const json = await this.readStageJson();
    return json === undefined ? undefined : parseStage(json, resolve);
  }
}
