// A run's directory: where things lie in it, its manifests and lock.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { takeLock, withFileErrors, writeFileAtomic } from "@cambium/files";
import type { RunManifest, StageManifest } from "../run-format.js";

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

  async writeManifest(manifest: RunManifest): Promise<void> {
    await writeFileAtomic(this.manifest, json(manifest));
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
    await writeFileAtomic(this.manifest, json(manifest));
  }

  async read(): Promise<StageManifest | undefined> {
    return readJson<StageManifest>(this.manifest);
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch {
    return undefined;
  }
}
