// Loads the newest snapshot that is whole, and says what was wrong with any newer one.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { containedPath, type JsonValue, openFile, ReasonList, withFileErrors } from "@cambium/files";
import { CambiumError, type Reason } from "@cambium/ir";
import { SafetensorsFile } from "../safetensors/file.js";
import { corrupt, listGenerations, readManifest } from "./generations.js";

const READ_BYTES = 4 << 20;
/** Faults that say nothing about the snapshot: going back to an older one would only lose work. */
const OF_THIS_MOMENT = ["E_PERMISSION", "E_OPEN_FILES"];

export interface Snapshot {
  readonly generation: number;
  readonly state: JsonValue;
  /** Open, its bytes checked; to be closed by the caller. */
  readonly tensors: SafetensorsFile;
  /** Why newer generations were passed over; to be shown. */
  readonly rejected: readonly Reason[];
}

/**
 * The newest generation in `dir` whose checksums hold; undefined where none was ever sealed.
 * @throws CambiumError `E_SNAPSHOT_CORRUPT` with every reason when there are snapshots and none is whole; `E_PERMISSION`,
 *   `E_OPEN_FILES`.
 */
export async function loadSnapshot(dir: string): Promise<Snapshot | undefined> {
  const rejected = new ReasonList();
  for (const { generation, kind } of await listGenerations(dir)) {
    if (kind !== "json") continue;
    try {
      return { ...(await loadGeneration(dir, generation)), generation, rejected: rejected.list() };
    } catch (error) {
      if (error instanceof CambiumError && OF_THIS_MOMENT.includes(error.code)) throw error;
      rejected.addError(error);
    }
  }
  rejected.throwIfAny("E_SNAPSHOT_CORRUPT", "no snapshot in this directory is whole", { where: dir });
  return undefined;
}

async function loadGeneration(dir: string, generation: number): Promise<Pick<Snapshot, "state" | "tensors">> {
  const { file, bytes, sha256, state } = await readManifest(dir, generation);
  const path = await containedPath(dir, file);
  const { size } = await withFileErrors(path, () => stat(path));
  if (size !== bytes) {
    const sizes = { expected: `${bytes} bytes`, got: `${size} bytes` };
    throw corrupt(path, "it has another length than when it was saved", sizes);
  }
  if ((await sha256Of(path)) !== sha256) throw corrupt(path, "its bytes are not those that were saved");
  return { state, tensors: await SafetensorsFile.open(path) };
}

async function sha256Of(path: string): Promise<string> {
  return withFileErrors(path, async () => {
    const hash = createHash("sha256");
    const handle = await openFile(path);
    for await (const chunk of handle.createReadStream({ highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
    return hash.digest("hex");
  });
}
