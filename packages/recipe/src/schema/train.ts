// `train` in a recipe: how much, how fast, in what precision and memory, and by what.
import { parameterKinds } from "@cambium/model";
import {
  byteSize,
  optimizerSchema,
  precisions,
  quantity,
  quantityOrZero,
  type ScheduleName,
  scheduleNames,
  schedules,
} from "@cambium/train";
import { z } from "zod";
import { count, option, positive } from "./scalars.js";

const optimizer = optimizerSchema
  .extend({
    undecayed: z
      .array(z.enum(parameterKinds))
      .default([])
      .describe("Kinds of parameters that weight decay leaves out, e.g. [norm, bias, embedding]."),
  })
  .prefault({});

/** Each schedule with its options. */
const withOptions = scheduleNames.map((name) => {
  const shape: z.ZodRawShape = schedules[name].options.shape;
  return z.strictObject({ ...shape, name: z.literal(name) });
});

/** A schedule with its own options beside its name. */
export interface NamedSchedule {
  readonly name: ScheduleName;
  readonly [option: string]: unknown;
}

const schedule: z.ZodType<NamedSchedule, ScheduleName | NamedSchedule> = z
  .union([
    z.enum(scheduleNames as [ScheduleName, ...ScheduleName[]]),
    z.discriminatedUnion("name", withOptions as [(typeof withOptions)[number], ...typeof withOptions]),
  ])
  .transform((given) => (typeof given === "string" ? { name: given } : given));

/** An engine: its name, its own options, and what it trains. */
export interface EngineUse {
  readonly name: string;
  readonly arms?: readonly string[] | undefined;
  readonly stages?: readonly string[] | undefined;
  readonly [option: string]: unknown;
}

const engine: z.ZodType<EngineUse, EngineUse> = z
  .object({
    name: z
      .string()
      .min(1)
      .describe("An engine: torch → @cambium/engine-torch, else cambium-engine-NAME, a full package name or a path."),
    arms: z.array(z.string()).min(1).optional().describe("The arms whose stages it trains. Default: all."),
    stages: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("The stages that it trains: base, stage-2 …, target, scratch. Default: all."),
  })
  .catchall(option);

const named = z
  .union([z.string().min(1), engine])
  .transform((given): EngineUse => (typeof given === "string" ? { name: given } : given));

/** The learning rate of one stage. */
export const rate = {
  lr: positive.describe("Learning rate after warm-up."),
  minLr: z.number().nonnegative().optional().describe("Where a schedule that falls ends. Default: lr / 10."),
  schedule: schedule
    .prefault("constant")
    .describe(
      `How the rate falls: ${scheduleNames.map((name) => `${name} (${schedules[name].summary})`).join(", ")}. ` +
        "A schedule with options: { name: wsd, decay: 2M }.",
    ),
  warmup: quantityOrZero.default(0).describe("Tokens of linear warm-up from 0."),
};

export const train = z.strictObject({
  tokens: quantity.describe("Tokens of the from-scratch arm. The grown arm gets the same FLOPs, base included."),
  batch: count.describe("Sequences in a micro-batch."),
  accumulation: count.default(1).describe("Micro-batches in an optimizer step."),
  precision: z
    .enum(precisions)
    .default("f32")
    .describe("mixed: products of f16 and a scaled loss; bf16: products of bf16. Where the backend computes them."),
  memory: byteSize
    .optional()
    .describe(
      "Bound on the bytes of the training process, such as 16GB, as cambium plan predicts it for onnx: activations " +
        "are recomputed until it fits. Default: no bound.",
    ),
  engine: z
    .union([named, z.array(named)])
    .transform((given): readonly EngineUse[] => (Array.isArray(given) ? given : [given]))
    .optional()
    .describe(
      "What trains: local (default: the backend, in this process), or an engine with its options, as " +
        "{ name: torch, nproc: 2, stages: [target] }. Of a list, the first that takes a stage trains it.",
    ),
  ...rate,
  lrFactors: z
    .partialRecord(z.enum(parameterKinds), positive)
    .default({})
    .describe("Factors on the learning rate by kind of parameter, e.g. { embedding: 0.5, head: 0.5 }."),
  optimizer,
});
