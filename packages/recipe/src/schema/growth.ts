// `growth` in a recipe: when a model grows, by which operator, how far, and what becomes of its optimizer and schedule.
import { optimizerPolicies } from "@cambium/growth";
import { mostLayers } from "@cambium/model";
import { quantity, quantityOrZero } from "@cambium/train";
import { z } from "zod";
import { count, positive } from "./scalars.js";
import { rate } from "./train.js";

const layerCount = count.max(mostLayers);

/** What becomes of the schedule at a growth. */
const schedulePolicies = ["restart", "continue", "rewarm", "rewarm-new", "rewind"] as const;

const growthTime = z.union([
  quantity,
  z.strictObject({ share: z.number().gt(0).lt(1).describe("Share of the arm's FLOPs that is spent by then.") }),
  z.strictObject({
    timing: z.literal("paper").describe("Du et al. 2024, eq. 10; refused outside the range of its fit."),
  }),
  z.strictObject({
    slope: z.strictObject({
      threshold: z
        .number()
        .negative()
        .describe("dL/d ln C of the held-out loss, nats; the model grows when it is flatter, after it was steeper."),
      window: z
        .number()
        .int()
        .min(3)
        .default(5)
        .describe("Measurements of the held-out loss that the slope is fitted to."),
      most: quantity.optional().describe("Tokens at the latest. Default: half of the arm's FLOPs."),
    }),
  }),
  z.strictObject({
    probe: z.strictObject({
      every: quantity.describe("Tokens between probes, each of which grows the model on trial."),
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

/** The `from` that means the model before the growth. */
export const grownFrom = "base";

const distill = z
  .strictObject({
    from: z
      .string()
      .min(1)
      .default(grownFrom)
      .describe("The teacher: base, the model before the growth as it then is, or a Hugging Face directory."),
    weight: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe("Share of the teacher's part in the loss; the rest is cross entropy."),
    temperature: positive.default(1).describe("What both models' logits are divided by before they are compared."),
  })
  .describe(
    "The grown model learns from a frozen teacher, too: (1 - weight) times cross entropy plus weight times " +
      "temperature² times the divergence from the teacher's predictions (Hinton et al. 2015).",
  );

export const growth = z.strictObject({
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
      "The schedule at this growth: restarted, continued, continued under a new warm-up, continued with a warm-up of " +
        "the new tensors alone, or re-entered at `rewind` tokens under a new warm-up.",
    ),
  warmup: quantityOrZero.optional().describe("Warm-up after this growth, tokens. Default: train.warmup."),
  rewind: quantity
    .optional()
    .describe("With schedule: rewind, where the schedule is entered: tokens from its beginning."),
  submodels: z
    .strictObject({
      depths: z.array(layerCount).min(1).describe("Numbers of layers, each as likely to be drawn."),
      top: layerCount
        .optional()
        .describe("How many of a sub-model's layers train: the top ones, with last norm and head. Default: all."),
      tokens: quantity.describe("Tokens after the growth; from then on the whole model trains."),
    })
    .optional()
    .describe(
      "Two-stage training (bert2BERT): first each step trains a sub-model, the bottom layers between embedding and head, " +
        "their number drawn by the seed. Default: each step trains the whole model.",
    ),
  distill: distill.optional(),
});

/** An operator in place of the growths' own. It does not inherit their `distill`. */
export const variant = z
  .union([
    z.string().min(1),
    z.strictObject({
      operator: growth.shape.operator,
      options: z.record(z.string(), z.unknown()).default({}).describe("Options of this operator."),
      distill: distill.optional(),
    }),
  ])
  .transform((given) => (typeof given === "string" ? { operator: given, options: {}, distill: undefined } : given));
