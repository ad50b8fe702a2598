// A run's directory: where things lie in it, its manifests, and the lock that keeps a second process out.
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { withFileErrors, writeFileAtomic } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";
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

  /** The manifest, if there is one that can be read. */
  async readManifest(): Promise<RunManifest | undefined> {
    return readJson<RunManifest>(this.manifest);
  }

  /**
   * Takes the run for this process until the result is called.
   * @throws CambiumError `E_RUN_LOCKED` naming the process that has it.
   */
  async lock(): Promise<() => Promise<void>> {
    const path = join(this.path, "run.lock");
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        const file = await open(path, "wx");
        await file.writeFile(String(process.pid));
        await file.close();
        return () => rm(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") await withFileErrors(path, () => Promise.reject(error));
        const holder = Number(await readFile(path, "utf8").catch(() => ""));
        if (isAlive(holder)) {
          throw new CambiumError("E_RUN_LOCKED", "another process is running this recipe", {
            where: this.path,
            got: `process ${holder}`,
            hint: "wait for it, stop it, or give the run another --out",
          });
        }
        await rm(path, { force: true });
      }
    }
    throw new CambiumError("E_RUN_LOCKED", "other processes keep taking this run", { where: this.path });
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

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
