// A small model of each installed family, for a check without a given model.
import { CambiumError } from "@cambium/ir";
import { type Family, type ModelSpec, modelSpec } from "@cambium/model";

/** Sizes under the usual keys of config.json: grouped heads, distinct sizes, two layers. */
const small = {
  vocab_size: 40,
  hidden_size: 24,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  max_position_embeddings: 32,
};

export interface SmallModels {
  readonly models: readonly { readonly name: string; readonly model: ModelSpec }[];
  /** Families without a small model, and why. */
  readonly without: readonly { readonly name: string; readonly reason: string }[];
}

export function smallModels(families: readonly Family[]): SmallModels {
  const models: { name: string; model: ModelSpec }[] = [];
  const without: { name: string; reason: string }[] = [];
  for (const family of families) {
    if (!family.forward) continue;
    const [type] = family.hf.modelTypes;
    try {
      const config = family.hf.parse({ ...small, ...(type !== undefined && { model_type: type }) });
      models.push({ name: `a small ${family.name}`, model: modelSpec(family, config) });
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      without.push({ name: family.name, reason: error.summary });
    }
  }
  return { models, without };
}
