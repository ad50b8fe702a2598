// run.json: what is run, on which machine and backend, and the stages of each arm.
import { z } from "zod";
import { count, text } from "./scalars.js";

/** Raise it with every breaking change of the run directory. */
export const runFormatVersion = 2;

export const machineInfo = z
  .object({ cpu: text, cores: count, memoryBytes: count, platform: text, node: text })
  .readonly();

/** A stage id is the name of a folder inside the run, so it must not lead out of it. */
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
      .describe("The backend that computed, its version, and the execution provider that actually ran."),
    data: z.object({ corpus: text, tokenizer: text, trainTokens: count, heldOutTokens: count }).readonly(),
    seeds: z
      .array(count)
      .min(2)
      .readonly()
      .exactOptional()
      .describe("For a recipe with several seeds: this run's seed first, then those of the runs in seeds/SEED."),
    arms: z.array(armManifest).min(1).readonly().describe("The grown arm first."),
  })
  .readonly();

export type MachineInfo = z.output<typeof machineInfo>;
/** One path of training to the target: `grown` (base → target) or `scratch` (target only). */
export type ArmManifest = z.output<typeof armManifest>;
/** run.json, rewritten atomically when the run starts and ends. */
export type RunManifest = z.output<typeof runManifest>;
