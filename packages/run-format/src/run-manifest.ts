// run.json: what is being run, where, and of which stages its arms consist.
import { z } from "zod";
import { count, text } from "./scalars.js";

/** Raise it on a breaking change of the run directory. */
export const runFormatVersion = 2;

export const machineInfo = z
  .object({ cpu: text, cores: count, memoryBytes: count, platform: text, node: text })
  .readonly();

/** A stage id is the name of a folder inside the run: nothing that leads out of it. */
const stageId = text.regex(/^(?!\.+$)[\w.@+-]+$/, "not the name of a stage folder");

export const armManifest = z
  .object({
    name: text,
    stages: z
      .array(stageId)
      .min(1)
      .readonly()
      .describe("Stage ids in order; the arm's cost is the sum over its stages."),
  })
  .readonly();

export const runManifest = z
  .object({
    formatVersion: z.literal(runFormatVersion),
    name: text,
    cambium: text.describe("The version of Cambium that wrote it."),
    state: z.enum(["running", "done"]),
    machine: machineInfo,
    backend: z
      .object({ name: text, version: text, device: text })
      .readonly()
      .describe("What computed: backend, its version, and the provider that really ran."),
    data: z.object({ corpus: text, tokenizer: text, trainTokens: count, heldOutTokens: count }).readonly(),
    seeds: z
      .array(count)
      .min(2)
      .readonly()
      .exactOptional()
      .describe("Of a recipe with several: this run's first, then those of the runs in seeds/SEED."),
    arms: z.array(armManifest).min(1).readonly().describe("The grown arm first."),
  })
  .readonly();

export type MachineInfo = z.output<typeof machineInfo>;
/** One line of training from nothing to the target: `grown` (base → target) or `scratch` (target alone). */
export type ArmManifest = z.output<typeof armManifest>;
/** run.json, rewritten atomically when the run begins and ends. */
export type RunManifest = z.output<typeof runManifest>;
