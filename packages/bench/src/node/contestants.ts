// Contestants: a backend or an engine with its options, or a peer. Each is a command line that starts the process of one case.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BackendOptions } from "@cambium/backend";
import type { Precision } from "@cambium/train";
import { contestantNamed } from "../contestant-name.js";

export interface Contestant {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** A backend or an engine: its name, its package or its path. */
  readonly backend: string;
  /** Whether that is an engine, which trains whole stages: each of its processes trains one. */
  readonly engine?: boolean;
  readonly options: BackendOptions;
  readonly precision: Precision;
  /** Suites that a peer supports; absent for a backend. */
  readonly suites?: readonly string[];
  /** The folder that its names and paths are relative to. */
  readonly project: string;
}

/** A backend, run by the benchmark's own worker. */
export function backendContestant(name: string, project: string): Contestant {
  const command = [process.execPath, "--expose-gc", workerScript()] as const;
  return { ...contestantNamed(name), command, project };
}

/** An engine, in suites of training steps: a peer and a backend may have its name. */
export function engineContestant(name: string, project: string): Contestant {
  return { ...backendContestant(name, project), name: `engine ${name}`, engine: true };
}

/** Cambium itself, for suites on files, which need no backend. */
export function fileContestant(project: string): Contestant {
  return { ...backendContestant("cambium", project), backend: "" };
}

/** The built worker. It is found by the package's name, which works from sources and from bundles. */
function workerScript(): string {
  const manifest = createRequire(import.meta.url).resolve("@cambium/bench/package.json");
  return join(dirname(manifest), "dist", "worker.js");
}
