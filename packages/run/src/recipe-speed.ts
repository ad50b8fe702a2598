// How fast each installed backend trains a recipe's model here, in each precision that it computes: some steps of each,
// measured once and remembered in the user's cache.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { cacheFolder, type Device, resolveBackend } from "@cambium/backend";
import { readTextFileIfThere, writeFileAtomic } from "@cambium/files";
import { CambiumError, Random } from "@cambium/ir";
import { initialParameters, modelSizes } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import type { Stage } from "@cambium/recipe";
import { type Precision, precisionsOf, requirePrecision, Trainer, uploadFresh } from "@cambium/train";
import { machineInfo } from "./machine.js";
import { version } from "./version.js";

/** One backend in one precision. */
export interface Speed {
  readonly backend: string;
  readonly device: string;
  readonly precision: Precision;
  readonly tokensPerSecond: number;
  /** Taken from an earlier measurement. */
  readonly remembered: boolean;
}

/** A backend that could not be measured, and why. */
export interface Unmeasured {
  readonly backend: string;
  readonly reason: string;
}

export type TrainedModel = Pick<Stage, "model" | "batch" | "context" | "optimizer" | "memory">;

export interface SpeedOptions {
  /** The backends, as a recipe names them. */
  readonly names: readonly string[];
  readonly importer: PluginImporter;
  /** Default: each that a device computes. */
  readonly precisions?: readonly Precision[];
  /** Ignore remembered measurements. */
  readonly fresh?: boolean;
  /** Called before each measurement. */
  readonly onStart: (backend: string, precision: Precision) => void;
}

/** Steps that are not counted, the most steps that are, and seconds after which no further step begins. */
const effort = { warmUp: 2, steps: 5, seconds: 10 };

/** The speeds of `what`, in the order of the names. A backend that cannot be opened or cannot train it says why. */
export async function measureSpeeds(
  what: TrainedModel,
  { names, importer, precisions, fresh = false, onStart }: SpeedOptions,
): Promise<readonly (Speed | Unmeasured)[]> {
  const found: (Speed | Unmeasured)[] = [];
  const known = await remembered();
  for (const backend of names) {
    try {
      await using device = await (await resolveBackend(backend, importer)).open();
      for (const precision of precisions ?? precisionsOf(device.info.computes)) {
        requirePrecision(device.info, precision);
        const key = keyOf(device, what, precision);
        const before = fresh ? undefined : known[key];
        if (before === undefined) onStart(backend, precision);
        const tokensPerSecond = before ?? (await measure(device, what, precision));
        known[key] = tokensPerSecond;
        found.push({
          ...{ backend, device: device.info.device, precision, tokensPerSecond },
          remembered: before !== undefined,
        });
      }
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      found.push({ backend, reason: error.summary });
    }
  }
  await remember(known);
  return found;
}

async function measure(device: Device, what: TrainedModel, precision: Precision): Promise<number> {
  const { model, batch, context, optimizer, memory } = what;
  const { vocab = 1 } = modelSizes(model);
  using trainer = await Trainer.open({ device, model, batch, context, optimizer, precision, memory });
  await trainer.adopt(await uploadFresh(device, initialParameters(model, { seed: "speed", scheme: "hf" })));
  const random = new Random("speed");
  const tokens = new Int32Array(batch * (context + 1)).map((_, i) => random.word(i) % vocab);
  const step = async () => {
    const began = performance.now();
    await trainer.step([tokens], 1e-4);
    return (performance.now() - began) / 1000;
  };
  for (let i = 0; i < effort.warmUp; i++) await step();
  const began = performance.now();
  const seconds: number[] = [];
  do seconds.push(await step());
  while (seconds.length < effort.steps && performance.now() - began < 1000 * effort.seconds);
  return (batch * context) / seconds.reduce((least, one) => Math.min(least, one));
}

function keyOf(
  { info }: Device,
  { model, batch, context, optimizer, memory }: TrainedModel,
  precision: Precision,
): string {
  const { backend, device, settings } = info;
  // A home folder may be shared by several machines.
  const { cpu, cores } = machineInfo();
  const where = [version, [cpu, cores], backend, info.version, device, settings];
  const what = [model.family.name, model.config, batch, context, optimizer, memory, precision];
  const hash = createHash("sha256").update(JSON.stringify([where, what]));
  return hash.digest("hex").slice(0, 16);
}

/** Tokens per second by key. */
function cacheFile(): string {
  return cacheFolder(process, homedir(), "speeds.json");
}

/** Entries that cannot be read are left out, and so measured again. */
async function remembered(): Promise<Record<string, number>> {
  const text = await readTextFileIfThere(cacheFile()).catch(() => undefined);
  if (text === undefined) return {};
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).filter(([, speed]) => typeof speed === "number" && speed > 0));
  } catch {
    return {};
  }
}

async function remember(speeds: Readonly<Record<string, number>>): Promise<void> {
  await mkdir(dirname(cacheFile()), { recursive: true });
  await writeFileAtomic(cacheFile(), `${JSON.stringify(speeds, null, 2)}\n`);
}
