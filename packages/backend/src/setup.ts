// The set-up of a backend or engine that has to build or fetch something before it can run: its package's entry
// `./setup`.
import { CambiumError } from "@cambium/ir";
import {
  closest,
  type Fields,
  fieldReasons,
  type PluginContract,
  type PluginImporter,
  type PluginKind,
  pluginCandidates,
  resolvePlugin,
} from "@cambium/plugin";
import { builtIn } from "./built-in.js";

/** Major version of this contract. */
const setupContractVersion = 1;

/** The default export of a package's entry `./setup`, made by `defineSetup`; `cambium setup NAME` calls it. */
export interface BackendSetup {
  readonly contract: number;
  /** One line: what it installs, and where. */
  readonly summary: string;
  /** Options of its own, offered by `cambium setup NAME` as `--name`. */
  readonly options: readonly SetupOption[];
  /** Command lines that a reader can copy. */
  readonly examples: readonly string[];
  /**
   * Installs what is missing; if nothing is, checks it and changes nothing. If it is killed, it leaves either the
   * previous state or the complete result.
   * @throws CambiumError with what is missing and exactly how to get it.
   */
  setup(options: SetupOptions, host: SetupHost): Promise<SetupResult>;
  /** Undoes `setup`. */
  remove(options: SetupOptions, host: SetupHost): Promise<SetupResult>;
}

export interface SetupOption {
  /** Without dashes. */
  readonly name: string;
  /** The placeholder for its value in the usage; an option without one is a switch. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly several?: boolean;
  readonly description: string;
}

/** The options given: `true` for a switch, a list for an option that may be given several times. */
export type SetupOptions = Readonly<Record<string, string | true | readonly string[]>>;

/** What a set-up gets from the program that runs it. */
export interface SetupHost {
  /** Reports in one line what is being done now. */
  report(line: string): void;
  /** Aborted when the user interrupts the set-up. */
  readonly signal: AbortSignal;
  /** Throws CambiumError `E_DISK_FULL` if fewer than `bytes` are free on the disk of `path`. */
  requireSpace(path: string, bytes: number): Promise<void>;
  /**
   * Replaces `path` with the folder that `build` fills, once that is complete and on disk. If it fails, `path` stays.
   */
  replaceDirectory<T>(path: string, build: (scratch: string) => Promise<T>): Promise<T>;
}

export interface SetupResult {
  /** False if nothing had to be done. */
  readonly changed: boolean;
  /** One line for the user. */
  readonly summary: string;
  /** For `--json`. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * @example export default defineSetup({ summary: "…", options: [], examples: [], setup: async () => …, remove: … });
 */
export function defineSetup(setup: Omit<BackendSetup, "contract">): BackendSetup {
  return { ...setup, contract: setupContractVersion };
}

const fields: Fields<BackendSetup> = {
  contract: "number",
  summary: "string",
  options: "list",
  examples: "list",
  setup: "function",
  remove: "function",
};

const setupPlugin = (kind: PluginKind): PluginContract<BackendSetup> => ({
  kind,
  entry: "setup",
  version: setupContractVersion,
  define: "defineSetup",
  problems: (value) => fieldReasons(fields, value),
});

/**
 * The set-up of the backend called `name`, else of the engine.
 * @throws CambiumError `E_PLUGIN_ENTRY` if it has none; else as `resolvePlugin` does.
 */
export async function resolveSetup(name: string, importer: PluginImporter): Promise<BackendSetup> {
  if (builtIn.some((backend) => backend.name === name)) {
    throw new CambiumError("E_PLUGIN_ENTRY", `backend ${name} is built in: it needs no setup`);
  }
  try {
    return (await resolvePlugin(setupPlugin("backend"), name, importer)).plugin;
  } catch (error) {
    if (!(error instanceof CambiumError) || error.code !== "E_PLUGIN_MISSING") throw error;
    const packages = pluginCandidates("engine", name);
    const engines = importer.list?.().filter(({ kind }) => kind === "engine") ?? [];
    const near = closest(
      name,
      engines.map((one) => one.name),
    );
    if (near === undefined && packages.every((specifier) => importer.resolve(specifier) === null)) throw error;
    return (await resolvePlugin(setupPlugin("engine"), name, importer)).plugin;
  }
}
