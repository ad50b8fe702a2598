// Scratch folders of one test, removed after it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "cambium-checkpoint-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export const golden = new URL("../golden/", import.meta.url).pathname;
