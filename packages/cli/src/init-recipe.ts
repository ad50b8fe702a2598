// The recipe that `cambium init` writes: a beginning for the user's own text, sized by how much text there is, with a
// comment on what each field does.
import { stringify } from "yaml";

export interface InitSettings {
  readonly name: string;
  /** As the recipe has it: a path from the recipe's folder, or the name of a corpus. */
  readonly corpus: string;
  /** Of the text. */
  readonly bytes: number;
  /** Where documents lie in the files, as the user said. */
  readonly reading: { readonly field?: string; readonly format?: string };
}

/** The smallest first: a text of fewer bytes than `below` gets a model that trains on it in the time that it is worth. */
const scales = [
  { below: 100_000, layers: 1, hidden: 32, heads: 2, intermediate: 88, context: 16, batch: 4 },
  { below: 500_000, layers: 2, hidden: 64, heads: 2, intermediate: 172, context: 64, batch: 8 },
  { below: Number.POSITIVE_INFINITY, layers: 2, hidden: 128, heads: 4, intermediate: 336, context: 128, batch: 16 },
] as const;

/** Tokens of the from-scratch arm: the text once, within bounds that take seconds and minutes. */
function budget(bytes: number): number {
  return Math.round(Math.min(1_200_000, Math.max(20_000, bytes)) / 10_000) * 10_000;
}

export function initRecipe({ name, corpus, bytes, reading }: InitSettings): string {
  const scale = scales.find(({ below }) => bytes < below) ?? scales[2];
  const tokens = budget(bytes);
  const k = (n: number): string => `${n / 1000}k`;
  const { field, format } = reading;
  return `# Written by \`cambium init\`. A small model is trained on the text, stacked into one of four times the layers and
# trained on; beside it the large model trains from nothing with the same FLOPs. What a field does stands beside it;
# all fields: docs/recipes.md in @cambium/cli. \`cambium inspect\` shows what this recipe means, \`cambium run\` runs it.
name: ${name} # the run's directory: runs/${name}
seed: 0 # decides weights, split and order of the text; \`cambium sweep\` runs several
# backend: onnx # what computes; left out, it is onnx, or the only backend that is installed
data:
  corpus: ${stringify(corpus).trim()} # a file or a folder of text, JSON lines, JSON, CSV; from this file's folder
${field === undefined ? "  # field: text # of JSON or a table: where the text is\n" : `  field: ${stringify(field).trim()}\n`}${format === undefined ? "" : `  format: ${format}\n`}\
  tokenizer: bytes # or the path of a tokenizer.json
  heldOut: 0.1 # share of the documents kept out of training, for the loss that is reported
model: # the base, small
  layers: ${scale.layers}
  hidden: ${scale.hidden}
  heads: ${scale.heads}
  intermediate: ${scale.intermediate} # of the MLP; about 2.7 times hidden
  context: ${scale.context} # tokens in a sequence
growth:
  - operator: stack # \`cambium plugins\` lists what is installed
    factor: 4 # layers after / layers before
    at: ${k(tokens / 4)} # tokens that the base is trained for
train:
  tokens: ${k(tokens)} # of the model that trains from nothing; the grown one gets the same FLOPs
  batch: ${scale.batch} # sequences in a step
  lr: 1e-3 # learning rate after warm-up; larger models want less
  schedule: cosine # or constant, linear, wsd
  warmup: ${k(tokens / 20)} # tokens
`;
}
