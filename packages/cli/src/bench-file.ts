// The files that cambium bench reads and writes: a result, its page, the history.
import { appendFile } from "node:fs/promises";
import { type BenchDocument, benchProblem, historyLines, readBench, schemaName } from "@cambium/bench";
import { readTextFile, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";

/** @throws CambiumError `E_BENCH_FILE` for a file that is not a result; file errors */
export async function readResult(path: string): Promise<BenchDocument> {
  const text = await readTextFile(path, 200e6);
  const refused = (got: string) =>
    new CambiumError("E_BENCH_FILE", "this is not a result of cambium bench", {
      ...{ where: path, expected: schemaName, got, hint: "cambium bench --out FILE makes one" },
    });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw refused(text.trim() === "" ? "an empty file" : `damaged JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  const document = readBench(data);
  if (document) return document;
  throw refused(benchProblem(data));
}

/** Writes the result as one line of JSON. */
export async function writeResult(path: string, document: BenchDocument): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(document)}\n`);
}

/** Writes the page that shows a result. @returns its path: the result's, ending in .html */
export async function writePage(path: string, document: BenchDocument): Promise<string> {
  const { renderBenchPage } = await import("@cambium/bench/page");
  const page = `${path.replace(/\.json$/, "")}.html`;
  await writeFileAtomic(page, await renderBenchPage(document));
  return page;
}

/** Appends the result's rows to a history file, creating it if it does not exist. */
export function appendHistory(path: string, document: BenchDocument): Promise<void> {
  return withFileErrors(path, () => appendFile(path, historyLines(document)));
}
