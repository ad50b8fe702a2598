// The process of one contestant and one case: opens the backend or the engine, prepares the case, and runs it on
// command.
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { type Device, type DeviceInfo, describeDevice, resolveBackend } from "@cambium/backend";
import type { PluginImporter } from "@cambium/plugin";
import { nodeImporter } from "@cambium/plugin/node";
import { requirePrecision } from "@cambium/train";
import { type Engaged, engagement, plain } from "../engaged.js";
import type { Prepared } from "../suite.js";
import { warmUp } from "../warm-up.js";
import { EngineCase } from "./engine/engine-case.js";
import { failureOf } from "./failure.js";
import type { Command, Finished, Ready, Turn } from "./protocol.js";
import { providersOf } from "./providers.js";
import { suiteNamed } from "./suites.js";

let device: Device | undefined;
let prepared: Prepared | undefined;
let engine: EngineCase | undefined;
/** Counts the kernels of the prepared case; absent where each process makes one sample that takes long. */
let countProviders: (() => Promise<Finished["providers"]>) | undefined;

/** The longest run of a process that makes one sample to be profiled. */
const profiledSeconds = 3;

// Standard output is only for answers; whatever libraries print goes to standard error.
const answer = process.stdout.write.bind(process.stdout);
console.log = console.info = console.debug = console.error;

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  if (command.cmd === "exit") break;
  try {
    answer(`${JSON.stringify(await obey(command))}\n`);
  } catch (error) {
    answer(`${JSON.stringify({ error: failureOf(error) })}\n`);
  }
}
await prepared?.dispose();
// Drivers may keep the process alive, so it exits explicitly.
process.exit(0);

async function obey(command: Exclude<Command, { cmd: "exit" }>): Promise<unknown> {
  if (command.cmd === "prepare") return prepare(command);
  if (engine) return engine.finish();
  if (!prepared) throw new Error("nothing is prepared");
  if (command.cmd === "turn") return turn(prepared, command.count);
  return finish(prepared);
}

async function prepare(command: Extract<Command, { cmd: "prepare" }>): Promise<Ready> {
  const suite = suiteNamed(command.suite);
  if (!suite) throw new Error(`there is no suite ${command.suite}`);
  let engaged: () => Engaged = () => plain;
  let profile: typeof countProviders;
  if (command.engine) {
    const use = { name: command.backend, options: command.options };
    engine = await EngineCase.open(use, importerFor(command.project), command.case, command.precision);
    return engine.measure();
  }
  if (suite.on === "device") {
    const backend = await resolveBackend(command.backend, importerFor(command.project));
    device = await backend.open(command.options);
    requirePrecision(device.info, command.precision);
    engaged = engagement(device);
    prepared = await suite.prepare(command.case, device, command.precision);
    const { options, case: one, precision } = command;
    profile = () => providersOf(backend, options, suite, one, precision);
  } else prepared = await suite.prepare(command.case);
  // Frees the host's copies of what was uploaded, which only the benchmark holds, before a run takes the most memory.
  globalThis.gc?.();
  const first = await prepared.turn(1);
  const told = engaged();
  // A long run would take as long again, and slower.
  if (!suite.fresh || (first[0] as number) < profiledSeconds) countProviders = profile;
  const { secondsPerRun, ...warmup } = await warmUp(prepared, first, suite.fresh ? 0 : command.warmupSeconds);
  const info = device?.info ?? { device: `files in ${tmpdir()}`, version: "", fallback: undefined };
  return {
    ...{ device: describeDevice(info as DeviceInfo), version: info.version, fallback: info.fallback ?? null },
    ...{ work: prepared.work, engaged: told, warmup, secondsPerRun, first },
  };
}

function importerFor(project: string): PluginImporter {
  return nodeImporter(project, import.meta.dirname);
}

async function turn(measured: Prepared, count: number): Promise<Turn> {
  const before = process.cpuUsage();
  const seconds = await measured.turn(count);
  const { user, system } = process.cpuUsage(before);
  return { seconds, processor: (user + system) / 1e6 / seconds.length };
}

async function finish(measured: Prepared): Promise<Finished> {
  const residentBytes = process.resourceUsage().maxRSS * 1024;
  const memory = await device?.memory();
  const parity = await measured.parity();
  // Makes room for the case on the device that profiles.
  prepared = undefined;
  await measured.dispose();
  await device?.close();
  const deviceBytes = memory?.heldPeakBytes ?? memory?.peakBytes ?? null;
  return { residentBytes, deviceBytes, parity, providers: (await countProviders?.()) ?? null };
}
