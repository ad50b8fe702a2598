// The recipe for a planned way of growing.
import { type ModelSpec, modelSizes } from "@cambium/model";
import { checkRecipe, type Recipe } from "@cambium/recipe";
import type { GrowthWay } from "@cambium/scaling";
import { stringify } from "yaml";

export interface RecipeSettings {
  readonly corpus: string;
  readonly tokenizer: string;
  readonly context: number;
  /** Tokens of the from-scratch arm: C / (6·N). */
  readonly tokens: number;
  /** Most sequences in a micro-batch. */
  readonly microBatch: number;
  /** Bytes that the process may take. */
  readonly memory: number | undefined;
}

/** Micro-batches of at most `most` sequences that together hold about `tokens` tokens per step. */
export function batchOf(tokens: number, context: number, most: number): { batch: number; accumulation: number } {
  const sequences = Math.max(1, Math.round(tokens / context));
  const batch = Math.min(sequences, most);
  return { batch, accumulation: Math.max(1, Math.round(sequences / batch)) };
}

/** @throws CambiumError `E_RECIPE` if the plan does not make a valid recipe */
export function recipeOf(name: string, way: GrowthWay, target: ModelSpec, settings: RecipeSettings): Recipe {
  const { corpus, tokenizer, context, tokens, microBatch, memory } = settings;
  const { schedule, policy, moments, warmup, lr, batchTokens } = way.training;
  const { layers, hidden, heads, kvHeads, intermediate } = modelSizes(way.base);
  const whole = (value: number) => Math.max(1, Math.round(Number(value.toPrecision(4))));
  const rate = (value: number) => Number(value.toPrecision(3));
  const { name: falls, decay } = schedule;
  const recipe = {
    name,
    data: { corpus, tokenizer },
    model: { layers, hidden, heads, kvHeads, intermediate, context },
    growth: [
      {
        operator: way.operator.name,
        options: way.operator.options,
        ...(way.operator.name === "explicit" ? {} : { layers: modelSizes(target).layers }),
        // The base may read more tokens than the whole from-scratch arm, so its end is given as a share of the FLOPs.
        at:
          policy === "restart"
            ? whole(way.baseTokens)
            : { share: way.flops.base / (way.flops.base + way.flops.target) },
        moments,
        lr: rate(lr[1]),
        schedule: policy,
        ...(policy === "continue" ? {} : { warmup: Math.round(warmup[1]) }),
      },
    ],
    train: {
      tokens: whole(tokens),
      ...batchOf(batchTokens, context, microBatch),
      ...(memory !== undefined && { memory }),
      lr: rate(lr[0]),
      ...(falls === "cosine" ? {} : { minLr: 0 }),
      schedule: decay === undefined ? falls : { name: falls, decay: whole(decay) },
      warmup: whole(warmup[0]),
    },
  };
  return checkRecipe(recipe, (path) => path.join("."));
}

/** The tokens of the tokenizer `bytes`. */
const byteTokens = 256;

/** What to know about a planned recipe that its models have another vocabulary than the plan's; empty if they do not. */
export function vocabularyNotes(target: ModelSpec, tokenizer: string): string[] {
  const { vocab } = modelSizes(target);
  if (tokenizer !== "bytes" || vocab === byteTokens) return [];
  return [
    `The tokenizer \`bytes\` has ${byteTokens} tokens and the plan ${vocab}, so this recipe's models have fewer parameters: give --tokenizer, or plan with --vocab ${byteTokens}`,
  ];
}

/** The recipe as YAML, under a comment that says where it comes from. @param from the command that planned it */
export function recipeText(recipe: Recipe, way: GrowthWay, from: string, more: readonly string[]): string {
  const notes = [way.title, `Regime: ${way.regime}`, ...way.advice, ...more];
  return `# Planned by \`${from}\`.\n${notes.map((note) => `# ${note}.\n`).join("")}${stringify(recipe)}`;
}
