// The rows of a task in a folder of data sets: a file named after the task, or the data set's own folder in the
// hub's layout.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isRowsFile, readRows, rowEndings } from "@cambium/data/node";
import { withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { EvalTask } from "../task.js";

/** The files of one split, in order. */
export interface DataSet {
  readonly files: readonly string[];
}

/** `-00000-of-00001` and the endings. */
const shardAndEndings = /(-\d+-of-\d+)?(\.[a-z]+)+$/i;

/**
 * Looks in `folder` for TASK.jsonl, .ndjson, .json or .parquet (also packed by gzip or zstd), else for a folder called
 * TASK or as the data set is on the hub, and in it for the split's files of the task's configuration.
 * @throws CambiumError `E_EVAL_FILES` with the expected names; file errors for the folder itself
 */
export async function findDataSet(folder: string, task: EvalTask): Promise<DataSet> {
  const names = await withFileErrors(folder, () => readdir(folder));
  const single = names.find((name) => isRowsFile(name) && name.replace(shardAndEndings, "") === task.name);
  if (single !== undefined) return { files: [join(folder, single)] };
  for (const candidate of foldersOf(task)) {
    const files = await splitFiles(join(folder, candidate), task);
    if (files.length > 0) return { files };
  }
  const split =
    task.dataset && `, or a folder ${foldersOf(task).join(" or ")} with files of the split ${task.dataset.split}`;
  throw new CambiumError("E_EVAL_FILES", `there are no rows of the task ${task.name}`, {
    where: folder,
    expected: `${task.name}.${rowEndings.join(" or .")}${split ?? ""}`,
    got: names.length > 0 ? names.slice(0, 8).join(", ") : "an empty folder",
    ...(names.some(isRowsFile) && { hint: `if one of these files has the rows, name it after the task: ${task.name}` }),
  });
}

/** All rows. @throws CambiumError `E_ROWS` naming the line or row; file errors. */
export async function readDataSet(
  { files }: DataSet,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ rows: unknown[]; all: number }> {
  const rows: unknown[] = [];
  let all = 0;
  for (const file of files) {
    for await (const { value } of readRows(file)) {
      if (all++ < limit) rows.push(value);
    }
  }
  return { rows, all };
}

function foldersOf({ name, dataset }: EvalTask): string[] {
  if (!dataset) return [name];
  const { name: hub } = dataset;
  const cached = `datasets--${hub.replace("/", "--")}`;
  const last = hub.split("/").at(-1) as string;
  return [...new Set([name, hub, last, hub.replace("/", "___"), join(cached, "snapshots"), cached])];
}

/** Files of rows under `folder` that belong to the task's split: those of its configuration where it has folders. */
async function splitFiles(folder: string, { dataset, name }: EvalTask): Promise<string[]> {
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) return [];
  const entries = await withFileErrors(folder, () => readdir(folder, { recursive: true }));
  const files = entries.filter(isRowsFile).sort();
  const parts = (file: string) => file.split(/[\\/]/);
  const stem = (file: string) => (parts(file).at(-1) as string).replace(shardAndEndings, "");
  const configured = files.filter((file) => dataset !== undefined && parts(file).includes(dataset.config));
  const candidates = configured.length > 0 ? configured : files;
  const split = dataset?.split ?? name;
  const exact = candidates.filter((file) => stem(file) === split);
  const ending = candidates.filter((file) => new RegExp(`[-_.]${split}$`).test(stem(file)));
  const inside = candidates.filter((file) => parts(file).slice(0, -1).includes(split));
  const chosen = [exact, ending, inside].find((some) => some.length > 0) ?? [];
  return chosen.map((file) => join(folder, file));
}
