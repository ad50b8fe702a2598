// Who takes part: a backend with its options, or a peer; each is a command line that starts the process of one case.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BackendOptions } from "@cambium/backend";
import type { Precision } from "@cambium/train";
import { contestantNamed } from "../contestant-name.js";

export interface Contestant {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly backend: string;
  readonly options: BackendOptions;
  readonly precision: Precision;
  /** Suites that it can do; all of them where it is a backend. */
  readonly suites?: readonly string[];
  /** Where its names and paths are seen from. */
  readonly project: string;
}

/** A backend as the benchmark's own worker runs it. */
export function backendContestant(name: string, project: string): Contestant {
  const command = [process.execPath, "--expose-gc", workerScript()] as const;
  return { ...contestantNamed(name), command, project };
}

/** Cambium, where no backend computes. */
export function fileContestant(project: string): Contestant {
  return { ...backendContestant("cambium", project), backend: "" };
}

/** Built; found by the package's own name, which holds in sources and in bundles. */
function workerScript(): string {
  const manifest = createRequire(import.meta.url).resolve("@cambium/bench/package.json");
  return join(dirname(manifest), "dist", "worker.js");
}
