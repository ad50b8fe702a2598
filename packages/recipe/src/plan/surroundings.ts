// What decides the bits of a recipe's stages besides the recipe.
import type { Operator } from "@cambium/growth";
import type { Family, ModelSpec } from "@cambium/model";

/** The operators a recipe names, resolved. */
export interface RecipeOperators {
  /** Of each growth. */
  readonly growth: readonly Operator[];
  /** Of each variant. */
  readonly variants: readonly Operator[];
}

export interface PlanSurroundings {
  readonly vocabSize: number;
  /** Identifies text, tokenizer and split. */
  readonly dataContent: string;
  /** What computes: backend, its version, device. */
  readonly device: string;
  /** The same of each engine that the recipe names, in its order. Default: the engines' names. */
  readonly engines?: readonly string[];
  /** The checkpoint that `model.from` names. */
  readonly checkpoint?: { readonly path: string; readonly model: ModelSpec; readonly fingerprint: string };
  /** The checkpoints that `distill.from` names, by that name. */
  readonly teachers?: ReadonlyMap<string, NonNullable<PlanSurroundings["checkpoint"]>>;
  /** Tokens that begin and end a text, where the tokenizer has them. */
  readonly bosId?: number | undefined;
  readonly eosId?: number | undefined;
  readonly operators: RecipeOperators;
  /** The family that `model.family` names; not needed with a checkpoint. Default: Llama. */
  readonly family?: Family;
}
