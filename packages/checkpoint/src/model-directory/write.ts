// Writes a Hugging Face model directory that `transformers` can open. Until it is complete, the path stays as it was.
import { constants } from "node:fs";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  errnoOf,
  isPlainName,
  openFile,
  quote,
  ReasonList,
  replaceDirectory,
  requireSpace,
  toFileError,
} from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { layoutSafetensors } from "../safetensors/layout.js";
import type { TensorSource } from "../safetensors/source.js";
import { writeLayout } from "../safetensors/write.js";
import { CONFIG_FILE, INDEX_FILE } from "./names.js";
import { planShards } from "./shard-index.js";

/** A file to put beside the weights, byte for byte. */
export type ExtraFile = { readonly name: string } & (
  | { readonly from: string }
  | { readonly data: string | Uint8Array }
);

export interface ModelDirectoryContent {
  /** `config.json`: an object, or its text if the spelling of numbers matters (`10000.0`). */
  readonly configJson: object | string;
  /** In the order in which they fill the shards; see `hostSources` for tensors in memory and storage types. */
  readonly tensors: Iterable<TensorSource>;
  /** The most bytes of tensors per file. Default: all in one file. */
  readonly maxShardBytes?: number;
  readonly extraFiles?: Iterable<ExtraFile>;
  /** Whether to replace a directory that is not empty; its whole content is removed. Default false. */
  readonly replace?: boolean;
}

/**
 * Writes a model directory at `path`. Reads one tensor at a time.
 * @throws CambiumError `E_EXISTS` if something exists there and `replace` is not set, `E_EXTRA_FILES`, `E_SHARD_SIZE`,
 *   `E_DISK_FULL` (before writing, if it can be foreseen), `E_READ_ONLY`, …; `path` is then unchanged.
 */
export async function writeModelDirectory(path: string, content: ModelDirectoryContent): Promise<void> {
  const { configJson, tensors, maxShardBytes = Number.POSITIVE_INFINITY, extraFiles = [], replace = false } = content;
  const plan = planShards(tensors, maxShardBytes);
  const shards = plan.shards.map((shard) => ({
    file: shard.file,
    layout: layoutSafetensors(shard.tensors, { format: "pt" }),
  }));
  const config = typeof configJson === "string" ? configJson : `${JSON.stringify(configJson, null, 2)}\n`;
  const extras = [...extraFiles];
  checkExtras(extras, [CONFIG_FILE, INDEX_FILE, ...shards.map(({ file }) => file)]);
  if (!replace) await requireEmpty(path);
  const bytes = shards.reduce((sum, { layout }) => sum + layout.fileSize, await extraBytes(extras));
  await requireSpace(path, bytes);
  await replaceDirectory(
    path,
    async (scratch) => {
      await writeFile(join(scratch, CONFIG_FILE), config);
      for (const extra of extras) await place(extra, join(scratch, extra.name));
      for (const { file, layout } of shards) await writeLayout(join(scratch, file), layout, false);
      if (plan.index !== undefined) await writeFile(join(scratch, INDEX_FILE), plan.index);
    },
    { neededBytes: bytes },
  );
}

function checkExtras(extras: readonly ExtraFile[], written: readonly string[]): void {
  const taken = new Set(written);
  const reasons = new ReasonList();
  for (const { name } of extras) {
    if (!isPlainName(name)) reasons.add({ message: "an extra file needs a plain name", got: quote(name) });
    else if (taken.has(name)) reasons.add({ message: `${name} would be written twice` });
    taken.add(name);
  }
  reasons.throwIfAny("E_EXTRA_FILES", "these extra files cannot be put in a model directory");
}

async function extraBytes(extras: readonly ExtraFile[]): Promise<number> {
  const sizes = extras.map((extra) => ("from" in extra ? fileBytes(extra.from) : Buffer.byteLength(extra.data)));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** @throws CambiumError `E_NOT_A_FILE` for a pipe, since copying one would wait for its writer. */
async function fileBytes(path: string): Promise<number> {
  const handle = await openFile(path);
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function place(extra: ExtraFile, target: string): Promise<void> {
  if ("data" in extra) await writeFile(target, extra.data);
  else await copyFile(extra.from, target, constants.COPYFILE_FICLONE);
}

async function requireEmpty(path: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw errnoOf(error) === "ENOTDIR" ? occupied(path, "a file") : toFileError(error, path);
  }
  if (names.length > 0) throw occupied(path, `a folder with ${quote(names)}`);
}

function occupied(path: string, got: string): CambiumError {
  return new CambiumError("E_EXISTS", "something exists here already", {
    where: path,
    expected: "nothing, or an empty folder",
    got,
    hint: "choose another path, or ask for it to be replaced",
  });
}
