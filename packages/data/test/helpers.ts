// What the tests of this package share: folders that are removed, error codes, sources read as a whole.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { onTestFinished } from "vitest";
import type { Passage, Source } from "../src/node/index.js";

/** A fresh folder with `files` in it, removed after the test. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "cambium-data-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), data);
  }
  return path;
}

/** The code of the `CambiumError` that `work` throws; anything else fails the test. */
export function code(work: () => unknown): string {
  return error(work).code;
}

export function error(work: () => unknown): CambiumError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof CambiumError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

/** The `CambiumError` with which `work` is rejected. */
export async function rejection(work: Promise<unknown>): Promise<CambiumError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof CambiumError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

export async function passagesOf(source: Source): Promise<Passage[]> {
  const passages: Passage[] = [];
  for await (const passage of source.passages()) passages.push(passage);
  return passages;
}

/** The documents of `source` by id, joined from their passages. */
export async function documentsOf(source: Source): Promise<Map<string, string>> {
  const documents = new Map<string, string>();
  for (const { document, text } of await passagesOf(source)) {
    documents.set(document, (documents.get(document) ?? "") + text);
  }
  return documents;
}
