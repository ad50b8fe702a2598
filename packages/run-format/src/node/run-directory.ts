// A run's directory: where things lie in it, and its manifests.
import { mkdir, rm } from "node:fs/promises";
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

const ofSomeFormat = z.object({ formatVersion: z.number(), cambium: z.string().exactOptional() });

export class RunDirectory {
  constructor(readonly path: string) {}

  get manifest(): string {
    return join(this.path, "run.json");
  }

  get recipe(): string {
    return join(this.path, "recipe.yaml");
  }

  /** TensorBoard's events of an arm. */
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

  async create(): Promise<void> {
    await withFileErrors(this.path, () => mkdir(join(this.path, "stages"), { recursive: true }));
  }

  async write(manifest: RunManifest): Promise<void> {
    await writeJson(this.manifest, manifest);
  }

  /**
   * Undefined when the run has not begun.
   * @throws CambiumError `E_RUN_FORMAT` for a run of another format, in one line, and for what is not a run at all.
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
   * Takes the run for this process until the result is called.
   * @throws CambiumError `E_RUN_LOCKED` naming the lock and the process that holds it.
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

  /** What the final model did on tasks. */
  get evaluation(): string {
    return join(this.path, "evaluation.json");
  }

  /** Scores of a task's sequences, as they come. */
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

  /** Undefined when it was not looked at. @throws CambiumError `E_RUN_FORMAT`. */
  async readDepth(): Promise<StageDepth | undefined> {
    return readJson(stageDepth, this.depth);
  }

  async writeEvaluation(evaluation: StageEvaluation): Promise<void> {
    await writeJson(this.evaluation, evaluation);
  }

  /** Undefined when no task was evaluated. @throws CambiumError `E_RUN_FORMAT`. */
  async readEvaluation(): Promise<StageEvaluation | undefined> {
    return readJson(stageEvaluation, this.evaluation);
  }

  get model(): string {
    return join(this.path, "model");
  }

  get snapshot(): string {
    return join(this.path, "snapshot");
  }

  /** What an engine outside the run's process has for itself while it trains the stage. */
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

  /** Undefined when the stage has not begun. @throws CambiumError `E_RUN_FORMAT`. */
  async read(): Promise<StageManifest | undefined> {
    return readJson(stageManifest, this.record);
  }

  /** Writes the stage itself: with its parent's snapshot, what another machine needs to train it. */
  async writeStage(stage: Stage): Promise<void> {
    await writeJson(this.stage, stageJson(stage));
  }

  /** The stage as JSON, not interpreted; undefined when it is not there. @throws CambiumError `E_RUN_FORMAT`. */
  async readStageJson(): Promise<unknown> {
    return readJson(z.unknown(), this.stage);
  }

  /**
   * Undefined when it is not there.
   * @param resolve finds the families of its models. Default: those of @cambium/model
   * @throws CambiumError `E_STAGE` for what is not a stage, `E_RUN_FORMAT`.
   */
  async readStage(resolve?: FamilyResolver): Promise<Stage | undefined> {
    const json = await this.readStageJson();
    return json === undefined ? undefined : parseStage(json, resolve);
  }
}
