// The files that cambium bench reads and writes: a result, its page, the history.
import { appendFile } from "node:fs/promises";
import { type BenchDocument, historyLines, readBench, schemaName } from "@cambium/bench";
import { readTextFile, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";

/** @throws CambiumError `E_BENCH_FILE` for a file that is not a result; file errors */
export async function readResult(path: string): Promise<BenchDocument> {
  const text = await readTextFile(path, 200e6);
  const document = readBench(parsedJson(text));
  if (document) return document;
  throw new CambiumError("E_BENCH_FILE", "this is not a result of cambium bench", {
    ...{ where: path, expected: schemaName, hint: "cambium bench --out FILE makes one" },
  });
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

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
