// A run's directory: where things lie in it, and its manifests.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { takeLock, withFileErrors } from "@cambium/files";
import { type RunManifest, runManifest } from "../run-manifest.js";
import { type StageManifest, stageManifest } from "../stage-manifest.js";
import { readJson, writeJson } from "./json-file.js";

export class RunDirectory {
  constructor(readonly path: string) {}

  get manifest(): string {
    return join(this.path, "run.json");
  }

  get recipe(): string {
    return join(this.path, "recipe.yaml");
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

  /** Undefined when the run has not begun. @throws CambiumError `E_RUN_FORMAT`. */
  async read(): Promise<RunManifest | undefined> {
    return readJson(runManifest, this.manifest);
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

  get manifest(): string {
    return join(this.path, "stage.json");
  }

  get metrics(): string {
    return join(this.path, "metrics.jsonl");
  }

  get model(): string {
    return join(this.path, "model");
  }

  get snapshot(): string {
    return join(this.path, "snapshot");
  }

  get tensorboard(): string {
    return join(this.path, "tensorboard");
  }

  async create(): Promise<void> {
    await withFileErrors(this.path, () => mkdir(this.snapshot, { recursive: true }));
  }

  async write(manifest: StageManifest): Promise<void> {
    await writeJson(this.manifest, manifest);
  }

  /** Undefined when the stage has not begun. @throws CambiumError `E_RUN_FORMAT`. */
  async read(): Promise<StageManifest | undefined> {
    return readJson(stageManifest, this.manifest);
  }
}
