// Loads the newest intact snapshot, and reports what was wrong with any newer one.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { containedPath, type JsonValue, mayBeWhole, openFile, ReasonList, withFileErrors } from "@cambium/files";
import { CambiumError, type Reason } from "@cambium/ir";
import { SafetensorsFile } from "../safetensors/file.js";
import { corrupt, listGenerations, readManifest } from "./generations.js";

const READ_BYTES = 4 << 20;

export interface Snapshot {
  readonly generation: number;
  readonly state: JsonValue;
  /** An open file whose checksum has been verified. The caller closes it. */
  readonly tensors: SafetensorsFile;
  /** Why newer generations were skipped, to be shown to the user. */
  readonly rejected: readonly Reason[];
}

/**
 * The newest generation in `dir` whose checksums are right; undefined if none was ever sealed.
 * @throws CambiumError `E_SNAPSHOT_CORRUPT` with every reason if there are snapshots but none is intact;
 * `E_PERMISSION`, `E_OPEN_FILES`.
 */
export async function loadSnapshot(dir: string): Promise<Snapshot | undefined> {
  const rejected = new ReasonList();
  for (const { generation, kind } of await listGenerations(dir)) {
    if (kind !== "json") continue;
    try {
      return { ...(await loadGeneration(dir, generation)), generation, rejected: rejected.list() };
    } catch (error) {
      if (error instanceof CambiumError && mayBeWhole(error)) throw error;
      rejected.addError(error);
    }
  }
  rejected.throwIfAny("E_SNAPSHOT_CORRUPT", "no snapshot in this directory is intact", { where: dir });
  return undefined;
}

async function loadGeneration(dir: string, generation: number): Promise<Pick<Snapshot, "state" | "tensors">> {
  const { file, bytes, sha256, state } = await readManifest(dir, generation);
  const path = await containedPath(dir, file);
  const { size } = await withFileErrors(path, () => stat(path));
  if (size !== bytes) {
    const sizes = { expected: `${bytes} bytes`, got: `${size} bytes` };
    throw corrupt(path, "the file does not have the length that was saved", sizes);
  }
  if ((await sha256Of(path, Math.min(size, READ_BYTES))) !== sha256)
    throw corrupt(path, "the file does not have the bytes that were saved");
  return { state, tensors: await SafetensorsFile.open(path) };
}

/** @param highWaterMark how many bytes are read at a time */
async function sha256Of(path: string, highWaterMark: number): Promise<string> {
  return withFileErrors(path, async () => {
    const hash = createHash("sha256");
    const handle = await openFile(path);
    for await (const chunk of handle.createReadStream({ highWaterMark: Math.max(1, highWaterMark) }))
      hash.update(chunk as Buffer);
    return hash.digest("hex");
  });
}
