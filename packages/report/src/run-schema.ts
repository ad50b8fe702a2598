// What the report demands of run.json, stage.json and a metrics row before it believes them.
import type { RunManifest, StageManifest } from "@cambium/experiment";
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";
import { z } from "zod";

const count = z.number().int().nonnegative();
const text = z.string();
const state = z.enum(["pending", "running", "done"]);

const runSchema = z.object({
  formatVersion: z.literal(1),
  name: text,
  cambium: text,
  state: z.enum(["running", "done"]),
  machine: z.object({ cpu: text, cores: count, memoryBytes: count, platform: text, node: text }),
  backend: z.object({ name: text, version: text, device: text }),
  data: z.object({ corpus: text, tokenizer: text, trainTokens: count, heldOutTokens: count }),
  // A stage id is the name of a folder inside the run: nothing that leads out of it.
  arms: z
    .array(
      z.object({
        name: text,
        stages: z.array(text.regex(/^(?!\.+$)[\w.@+-]+$/, "not the name of a stage folder")).min(1),
      }),
    )
    .min(1),
});

const sizes = {
  layers: count,
  hidden: count,
  heads: count,
  kvHeads: count,
  intermediate: count,
  vocab: count,
  context: count,
};

const stageSchema = z.object({
  id: text,
  name: text,
  state,
  model: z.object({ ...sizes, tied: z.boolean() }),
  parameters: count,
  nonEmbeddingParameters: count,
  tokens: count,
  growth: z
    .object({
      operator: text,
      operatorVersion: text,
      from: text,
      layerMap: z.array(count.nullable()).min(1),
      connectionRate: z.number(),
      moments: z.enum(["reset", "carry", "pad"]),
      seconds: z.number().nonnegative(),
      cost: z
        .object({
          compile: z.number().nonnegative(),
          compiledAhead: z.boolean(),
          download: z.number().nonnegative(),
          plan: z.number().nonnegative(),
          upload: z.number().nonnegative(),
        })
        .optional(),
    })
    .optional(),
  samples: z.array(z.object({ prompt: text, text })).optional(),
});

/** JSON has no NaN: a loss that is none was written as null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const rowSchema = z.object({
  step: count,
  tokens: count,
  loss: measured,
  heldOutLoss: measured.optional(),
  lr: measured,
  gradNorm: measured,
  tokensPerSecond: measured,
  flops: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
  memoryBytes: z.number().optional(),
});

/** @throws CambiumError `E_RUN_FORMAT` with every field that is wrong. */
export function checkRun(value: unknown, where: string): RunManifest {
  return check(runSchema, value, where) as RunManifest;
}

/** @throws CambiumError `E_RUN_FORMAT` with every field that is wrong. */
export function checkStage(value: unknown, where: string): StageManifest {
  return check(stageSchema, value, where) as StageManifest;
}

/** @throws CambiumError `E_RUN_FORMAT` with every field that is wrong. */
export function checkRow(value: unknown, where: string): MetricsRow {
  return check(rowSchema, value, where) as MetricsRow;
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new CambiumError("E_RUN_FORMAT", `${where} is not what this version of Cambium writes`, {
    where,
    hint: "run `cambium run` on the recipe again, or use the version of Cambium that made the run",
    reasons: result.error.issues.map((issue) => ({ where: issue.path.join("."), message: issue.message })),
  });
}
