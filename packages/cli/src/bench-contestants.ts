// The contestants of cambium bench: backends, engines and peers that are named, or all backends and engines that are
// installed and can compute here.
import { installBackend, resolveBackend } from "@cambium/backend";
import {
  backendContestant,
  type Contestant,
  engineContestant,
  inPrecisions,
  peerContestant,
  suites,
} from "@cambium/bench/node";
import { enginePlugin } from "@cambium/engine";
import { CambiumError } from "@cambium/ir";
import { type PluginImporter, type PluginKind, resolvePlugin } from "@cambium/plugin";
import type { Precision } from "@cambium/train";
import { complain } from "./terminal.js";

export interface ContestantFlags {
  readonly suite?: readonly string[];
  readonly backend?: readonly string[];
  readonly engine?: readonly string[];
  readonly precision?: readonly Precision[];
  readonly peer?: readonly string[];
}

/** The suites that have a precision. */
export const precisionSuites = suites.flatMap((one) => (one.on === "device" && one.inPrecisions ? [one.name] : []));

/** The suites that engines can take. */
export const engineSuites = suites.flatMap((one) => (one.on === "device" && one.onEngines ? [one.name] : []));

/** @throws CambiumError for names that are unknown or do not fit, before anything is measured */
export async function contestantsOf(
  flags: ContestantFlags,
  project: string,
  importer: PluginImporter,
): Promise<Contestant[]> {
  const none = flags.backend === undefined && flags.engine === undefined;
  const backends = flags.backend?.filter((name) => name !== "none") ?? (none ? await usable("backend", importer) : []);
  const takesSteps = flags.suite?.some((name) => engineSuites.includes(name)) ?? true;
  const engines = flags.engine ?? (none && takesSteps ? await usable("engine", importer) : []);
  if (none && backends.length + engines.length === 0) {
    throw new CambiumError("E_BACKEND_UNAVAILABLE", "no installed backend can compute here", {
      hint: `${installBackend} brings one that runs everywhere; cambium doctor says more`,
    });
  }
  const computing = inPrecisions(backends, flags.precision ?? ["f32"]).map((name) => backendContestant(name, project));
  const training = engines.map((name) => engineContestant(name, project));
  requireMeasured(flags, computing, training);
  const peers = (flags.peer ?? []).map((name) => peerContestant(name, project));
  for (const { backend } of computing) await resolveBackend(backend, importer);
  for (const { backend, options } of flags.engine ? training : []) await preparedEngine(backend, options, importer);
  return [...computing, ...training, ...peers];
}

/** Refuses contestants that none of the requested suites measures. @throws CambiumError `E_OPTION` */
function requireMeasured(
  { suite }: ContestantFlags,
  computing: readonly Contestant[],
  training: readonly Contestant[],
) {
  if (suite === undefined) return;
  const requireOne = (where: string, what: string, able: readonly string[], idle: readonly Contestant[]) => {
    if (idle.length === 0 || suite.some((name) => able.includes(name))) return;
    throw new CambiumError("E_OPTION", what, {
      ...{ where, expected: `one of the suites ${able.join(", ")}`, got: suite.join(", ") },
      hint: `leave ${idle.map(({ name }) => name).join(", ")} out`,
    });
  };
  const half = computing.filter(({ precision }) => precision !== "f32");
  requireOne("--precision", "these suites only measure f32", precisionSuites, half);
  requireOne("--engine", "these suites have no training steps for an engine", engineSuites, training);
}

/** The installed plugins of a kind that can compute on this machine; says which ones cannot. */
async function usable(kind: PluginKind & ("backend" | "engine"), importer: PluginImporter): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of (importer.list?.() ?? []).filter((one) => one.kind === kind)) {
    try {
      if (kind === "engine") await preparedEngine(name, {}, importer);
      else if (!(await hasDevice(name, importer))) continue;
      found.push(name);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      complain(`The ${kind} ${name} is left out: ${error.summary}`);
    }
  }
  return found;
}

async function preparedEngine(name: string, options: Contestant["options"], importer: PluginImporter): Promise<void> {
  await (await resolvePlugin(enginePlugin, name, importer)).plugin.prepare(options);
}

async function hasDevice(name: string, importer: PluginImporter): Promise<boolean> {
  const devices = await (await resolveBackend(name, importer)).probe();
  if (devices.some(({ available }) => available)) return true;
  complain(
    `The backend ${name} is left out: ${devices.map(({ device, detail }) => `${device}: ${detail}`).join("; ")}`,
  );
  return false;
}
