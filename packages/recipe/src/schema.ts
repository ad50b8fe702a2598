// What a recipe may say: strict, every field documented, so that its JSON Schema is the reference.
import { optimizerPolicies } from "@cambium/growth";
import { mostLayers, parameterKinds } from "@cambium/model";
import {
  byteSize,
  precisions,
  quantity,
  quantityOrZero,
  type ScheduleName,
  scheduleNames,
  schedules,
} from "@cambium/train";
import { z } from "zod";
import { dataSection } from "./data-section.js";

const option = z.union([z.string(), z.number(), z.boolean()]);
const positive = z.number().positive();
const count = z.number().int().positive();
/** Beyond it a number of seeds is a slip. */
const mostSeeds = 1000;
const layerCount = count.max(mostLayers);

const optimizer = z
  .strictObject({
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.95),
    eps: positive.default(1e-8),
    weightDecay: z.number().nonnegative().default(0.1).describe("Decoupled decay."),
    undecayed: z
      .array(z.enum(parameterKinds))
      .default([])
      .describe("Kinds of parameters that weight decay leaves out, e.g. [norm, bias, embedding]."),
    clip: positive.nullable().default(1).describe("Joint L2 norm that gradients are clipped to; null for no clipping."),
  })
  .prefault({});

/** Each schedule with its options. */
const withOptions = scheduleNames.map((name) => {
  const shape: z.ZodRawShape = schedules[name].options.shape;
  return z.strictObject({ ...shape, name: z.literal(name) });
});

/** A schedule with its own options beside its name. */
interface NamedSchedule {
  readonly name: ScheduleName;
  readonly [option: string]: unknown;
}

const schedule: z.ZodType<NamedSchedule, ScheduleName | NamedSchedule> = z
  .union([
    z.enum(scheduleNames as [ScheduleName, ...ScheduleName[]]),
    z.discriminatedUnion("name", withOptions as [(typeof withOptions)[number], ...typeof withOptions]),
  ])
  .transform((given) => (typeof given === "string" ? { name: given } : given));

/** An engine, with its own options beside its name, and what it trains. */
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
const rate = {
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

/** What becomes of the schedule at a growth. */
export const schedulePolicies = ["restart", "continue", "rewarm", "rewarm-new"] as const;

const growthTime = z.union([
  quantity,
  z.strictObject({ share: z.number().gt(0).lt(1).describe("Of the arm's FLOPs, spent by then.") }),
  z.strictObject({ timing: z.literal("paper").describe("Du et al. 2024, eq. 10, where it means something.") }),
  z.strictObject({
    slope: z.strictObject({
      threshold: z
        .number()
        .negative()
        .describe("dL/d ln C of the held-out loss, nats; grown when it is flatter, after it was steeper."),
      window: z.number().int().min(3).default(5).describe("Measurements of the held-out loss that the slope is of."),
      most: quantity.optional().describe("Tokens at the latest. Default: half of the arm's FLOPs."),
    }),
  }),
  z.strictObject({
    probe: z.strictObject({
      every: quantity.describe("Tokens between probes: the model is grown by way of trial."),
      budget: quantity.describe(
        "Tokens that the grown model trains for. It stays grown if its held-out loss is then no higher than the line " +
          "through the losses before predicts for the same FLOPs; else training returns to the snapshot before the growth.",
      ),
      window: z
        .number()
        .int()
        .min(3)
        .default(5)
        .describe("Measurements of the held-out loss that the prediction is made from."),
      most: quantity
        .optional()
        .describe("Tokens at the latest; the growth then stays. Default: half of the arm's FLOPs, probes counted."),
    }),
  }),
]);

const growth = z.strictObject({
  operator: z
    .string()
    .min(1)
    .describe(
      "A growth operator: stack → @cambium/operator-stack, else cambium-operator-NAME, a full package name or a path.",
    ),
  at: growthTime.describe(
    "When: tokens that the model before it is trained for, counted from the growth before it; " +
      "or { share: 0.3 }, { timing: paper }, { slope: { threshold: -0.05 } }, { probe: { every: 1M, budget: 200k } }.",
  ),
  factor: z.number().gt(1).optional().describe("Layers after / layers before. The paper finds 2 to 4 best."),
  layers: layerCount.optional().describe("Layers after, instead of a factor."),
  options: z.record(z.string(), z.unknown()).default({}).describe("Further options of the operator."),
  moments: z
    .enum(optimizerPolicies)
    .default("reset")
    .describe(
      "AdamW's moments after growth: zero, grown with the weights, kept by first copies, or kept by what is not new.",
    ),
  lr: rate.lr.optional().describe("Learning rate after this growth. Default: train.lr."),
  schedule: z
    .enum(schedulePolicies)
    .default("restart")
    .describe(
      "The schedule at this growth: begun anew, gone on with, gone on with under a new warm-up, " +
        "or with a warm-up of the new tensors alone.",
    ),
  warmup: quantityOrZero.optional().describe("Warm-up after this growth, tokens. Default: train.warmup."),
});

const variant = z
  .union([
    z.string().min(1),
    z.strictObject({
      operator: growth.shape.operator,
      options: z.record(z.string(), z.unknown()).default({}).describe("Options of this operator."),
    }),
  ])
  .transform((given) => (typeof given === "string" ? { operator: given, options: {} } : given));

export const recipeSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/i, "expected letters, digits, dots, dashes and underscores")
      .describe("Names the run's directory."),
    seed: z.number().int().nonnegative().default(0).describe("Decides weights, split and batches."),
    seeds: count
      .max(mostSeeds)
      .default(1)
      .describe(
        "Runs everything so often, with seed, seed + 1 …: then figures have error bars, and arms are compared.",
      ),
    backend: z
      .union([z.string(), z.strictObject({ name: z.string(), options: z.record(z.string(), option).default({}) })])
      .transform((given) => (typeof given === "string" ? { name: given, options: {} } : given))
      .optional()
      .describe(
        "What computes: onnx → @cambium/backend-onnx, else cambium-backend-NAME, a full package name or a path. " +
          "Default: onnx, or the only backend that is installed.",
      ),
    data: dataSection,
    model: z
      .strictObject({
        from: z.string().optional().describe("A Hugging Face directory to begin with, instead of the sizes below."),
        family: z
          .string()
          .optional()
          .describe(
            "Default: llama. Also mistral, qwen2, qwen3, else cambium-family-NAME, a full package name or a path.",
          ),
        layers: z
          .number()
          .int()
          .min(0)
          .max(10_000)
          .optional()
          .describe("0: embedding, norm and head alone, to grow by an operator that makes layers anew."),
        hidden: count.optional(),
        heads: count.optional(),
        kvHeads: count.optional().describe("Key/value heads (GQA). Default: heads."),
        headDim: count.optional().describe("Default: hidden / heads."),
        intermediate: count.optional(),
        context: count.describe("Tokens in a training sequence."),
        tied: z.boolean().optional().describe("One table for embedding and output projection. Default: false."),
        ropeTheta: positive.optional().describe("Default: 10000."),
        rmsNormEps: positive.optional().describe("Default: 1e-5."),
        init: z
          .enum(["paper", "hf"])
          .optional()
          .describe("Initialisation: the paper's code (default), or Hugging Face's."),
      })
      .describe("The model that training begins with: the base of the grown arm."),
    growth: z.array(growth).default([]).describe("Growths in order; each stage trains until its `at`."),
    variants: z
      .array(variant)
      .default([])
      .describe("Operators to compare: each makes an arm that grows by it in place of the growths' own operators."),
    train: z.strictObject({
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
          "Bytes that a step may take, such as 16GB: parameters, moments, gradients and activations, which are recomputed " +
            "until it does. Default: what it takes.",
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
    }),
    compare: z
      .array(z.enum(["scratch"]))
      .default(["scratch"])
      .describe("Arms to train beside the grown one: scratch is the target model trained from nothing."),
    evaluate: z
      .strictObject({
        every: quantity
          .optional()
          .describe("Tokens between measurements of the held-out loss. Default: a fortieth of train.tokens."),
        tokens: quantity
          .optional()
          .describe(
            "Held-out tokens that a measurement reads; fewer if the split is smaller. " +
              "Default: a sixteenth of train.tokens, at most 65536.",
          ),
        tasks: z
          .array(z.string().min(1))
          .default([])
          .describe(
            "Tasks that the final model of each stage is evaluated on, as `cambium eval` does: arc_easy, " +
              "lambada_openai …, else cambium-eval-NAME, a full package name or a path.",
          ),
        data: z
          .string()
          .min(1)
          .optional()
          .describe("The folder that holds the tasks' rows, as `cambium eval --data` takes it."),
        limit: count.optional().describe("Only the first so many rows of each task."),
      })
      .prefault({}),
    snapshot: z
      .strictObject({ everySeconds: positive.default(30).describe("Wall seconds between training snapshots.") })
      .prefault({}),
    samples: z
      .strictObject({
        prompts: z
          .array(z.string().min(1))
          .default([])
          .describe("Texts that each arm's final model continues. Default: the beginnings of held-out documents."),
        tokens: z.number().int().nonnegative().default(160),
        temperature: z.number().nonnegative().default(0.8),
      })
      .prefault({}),
  })
  .meta({ title: "Cambium recipe", description: "Base model, growth, target, and what to compare with." });

/** A recipe with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;
export type RecipeInput = z.input<typeof recipeSchema>;

/** The seeds that a recipe is run with. */
export function recipeSeeds({ seed, seeds }: Pick<Recipe, "seed" | "seeds">): number[] {
  return Array.from({ length: seeds }, (_, i) => seed + i);
}

export type GrowthStep = Recipe["growth"][number];

/** The JSON Schema of recipe files, for editors. */
export function recipeJsonSchema(): object {
  return z.toJSONSchema(recipeSchema, { io: "input", target: "draft-2020-12" });
}
