// All suites: those that only need a device, and those that read or write files.
import { openSource } from "@cambium/data/node";
import type { Suite } from "../suite.js";
import { deviceSuites, peaks } from "../suites/index.js";
import { quality } from "../suites/quality.js";
import { grow } from "./grow-suite.js";
import { memory } from "./memory-suite.js";
import { soak } from "./soak-suite.js";

/** The suites that `--suite` can name, in the order in which they run. */
export const suites: readonly Suite[] = [...deviceSuites, grow, soak, memory, quality(mobyDick)];

export function suiteNamed(name: string): Suite | undefined {
  return [...peaks, ...suites].find((suite) => suite.name === name);
}

/** @throws CambiumError `E_CORPORA_ABSENT` with the command that installs the text */
async function mobyDick(): Promise<string> {
  const source = await openSource({ kind: "corpus", name: "moby-dick" }, process.cwd());
  const texts: string[] = [];
  for await (const { text } of source.passages()) texts.push(text);
  return texts.join("");
}
