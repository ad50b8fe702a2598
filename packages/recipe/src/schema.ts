// The schema of recipes: strict, with every field documented, so that its JSON Schema is the reference.
import { builtInFamilies, llama, opaque } from "@cambium/model";
import { z } from "zod";
import { data } from "./schema/data.js";
import { evaluate } from "./schema/evaluate.js";
import { growth, variant } from "./schema/growth.js";
import { count, option, positive } from "./schema/scalars.js";
import { train } from "./schema/train.js";

/** Built-in families that a recipe may name, besides the default. */
const others = builtInFamilies.flatMap(({ name }) => (name === llama.name || name === opaque.name ? [] : [name]));

/** A larger number of seeds is taken for a mistake. */
const mostSeeds = 1000;

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
      .describe("Number of runs, with seed, seed + 1 …: figures then have error bars, and arms are compared."),
    backend: z
      .union([z.string(), z.strictObject({ name: z.string(), options: z.record(z.string(), option).default({}) })])
      .transform((given) => (typeof given === "string" ? { name: given, options: {} } : given))
      .optional()
      .describe(
        "What computes: onnx → @cambium/backend-onnx, else cambium-backend-NAME, a full package name or a path. " +
          "auto measures which installed one trains this recipe fastest here, and the run keeps it. " +
          "Default: onnx, or the only backend that is installed.",
      ),
    data,
    model: z
      .strictObject({
        from: z.string().optional().describe("A Hugging Face directory to begin with, instead of the sizes below."),
        family: z
          .string()
          .optional()
          .describe(
            `Default: llama. Also ${others.join(", ")}, else cambium-family-NAME, a full package name or a path.`,
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
      .describe(
        "Operators to compare: each makes an arm that grows by it in place of the growths' own operators and teachers.",
      ),
    train,
    compare: z
      .array(z.enum(["scratch"]))
      .default(["scratch"])
      .describe("Arms to train beside the grown one: scratch is the target model trained from nothing."),
    evaluate,
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
