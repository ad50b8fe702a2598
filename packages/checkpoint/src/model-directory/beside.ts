// Lists the files beside the weights of a model directory, sub-folders included: those that belong to the model (its
// code, processors, templates, licence, card), and weights in other formats, which become stale when the model changes.
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { CONFIG_FILE, INDEX_FILE, isCompanion } from "./names.js";
import type { CompanionFile, ModelDirectory } from "./open.js";

/** A file that belongs to a model. Its name is a path in the directory, with `/` as separator. */
export interface BesideFile extends CompanionFile {
  readonly bytes: number;
}

/** A file or folder that does not go with the model, by its path in the directory; a folder's path ends in `/`. */
export interface LeftBehind {
  readonly name: string;
  readonly why:
    | "weights in another format"
    | "a model of its own"
    | "not part of a model"
    | "a link that leads out"
    | "not a regular file";
}

export interface Beside {
  readonly files: readonly BesideFile[];
  readonly left: readonly LeftBehind[];
}

const MOST_FILES = 20_000;
const DEEPEST = 16;

const FORMATS =
  `safetensors bin pt pth ckpt pkl pickle gguf ggml llamafile onnx onnx_data ort h5 msgpack ot tflite npz npy
  mlmodel nemo engine plan pb distcp dduf`.split(/\s+/);
const WEIGHTS = new RegExp(`\\.(?:${FORMATS.join("|")})(?:\\.index\\.json|\\.data|[._-]\\d+|-\\d+-of-\\d+)?$`, "i");

/**
 * Files that describe weights of another format. Without those weights, or beside a grown model, they would mislead.
 */
const OF_OTHER_WEIGHTS =
  /^(?:params\.json|consolidated\b.*|adapter_config\.json|openvino_.*|trainer_state\.json|latest)$/;
const OTHER_WEIGHTS = /^(?:onnx|openvino|coreml|.*\.mlpackage|global_step\d+)$/i;
const NO_PART = /^(?:\.git|\.cache|\.huggingface|__pycache__|\.ipynb_checkpoints|\.DS_Store|\.locks)$/;

/**
 * The files beside the weights, sorted by name.
 * @throws CambiumError `E_MODEL_DIRECTORY` for more than 20,000 files; file errors.
 */
export async function listBeside(model: ModelDirectory): Promise<Beside> {
  const { path } = model;
  const home = await withFileErrors(path, () => realpath(path));
  const used = new Set(model.shards.map((shard) => shard.path));
  const files: BesideFile[] = [];
  const left: LeftBehind[] = [];
  let count = 0;
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const entry of (await withFileErrors(join(path, folder), () => readdir(join(path, folder)))).sort()) {
      if (++count > MOST_FILES || depth > DEEPEST) throw tooMany(path);
      const name = `${folder}${entry}`;
      if (NO_PART.test(entry)) left.push({ name, why: "not part of a model" });
      else if (depth > 0 || ![CONFIG_FILE, INDEX_FILE].includes(entry)) await place(name, entry, depth);
    }
  };
  const place = async (name: string, entry: string, depth: number): Promise<void> => {
    const from = await realpath(join(path, name)).catch(() => undefined);
    if (from !== undefined && used.has(from)) return;
    const there = from === undefined ? undefined : await withFileErrors(join(path, name), () => stat(from));
    if (there?.isDirectory() && from === join(home, name)) {
      if (OTHER_WEIGHTS.test(entry)) left.push({ name: `${name}/`, why: "weights in another format" });
      else if (await isModel(join(path, name))) left.push({ name: `${name}/`, why: "a model of its own" });
      else await visit(`${name}/`, depth + 1);
    } else if (WEIGHTS.test(entry) || OF_OTHER_WEIGHTS.test(entry)) {
      left.push({ name, why: "weights in another format" });
    } else if (from === undefined || !isWithin(home, from)) left.push({ name, why: "a link that leads out" });
    else if (!there?.isFile()) {
      if (depth === 0 && isCompanion(entry)) throw noFile(join(path, name));
      left.push({ name, why: "not a regular file" });
    } else files.push({ name, from, bytes: there.size });
  };
  await visit("", 0);
  return { files, left };
}

/** Whether a folder has config and weights itself, as the checkpoints have that a training leaves beside its result. */
async function isModel(path: string): Promise<boolean> {
  const names = await withFileErrors(path, () => readdir(path));
  return names.includes(CONFIG_FILE) && names.some((name) => WEIGHTS.test(name));
}

/** Whether `path` is in the directory, or is a blob that a snapshot of the Hugging Face cache may link to. */
function isWithin(home: string, path: string): boolean {
  const [snapshots, blobs] = [join(home, ".."), join(home, "..", "..", "blobs")];
  return path.startsWith(home + sep) || (basename(snapshots) === "snapshots" && path.startsWith(blobs + sep));
}

function noFile(where: string): CambiumError {
  return new CambiumError("E_NOT_A_FILE", "this is not a regular file", {
    where,
    hint: "remove it, or replace it by the file itself",
  });
}

function tooMany(where: string): CambiumError {
  return new CambiumError("E_MODEL_DIRECTORY", "this folder contains far more than a model", {
    where,
    expected: `at most ${MOST_FILES} files, ${DEEPEST} folders deep`,
    hint: "give a folder with nothing but config.json, the weights and the model's files",
  });
}
