// The recipe that `cambium init` writes: a start for the user's own text, sized by the text's length, with a comment on
// each field.
import { stringify } from "yaml";

export interface InitSettings {
  readonly name: string;
  /** A path relative to the recipe's folder, or the name of a corpus. */
  readonly corpus: string;
  /** Length of the text. */
  readonly bytes: number;
  /** Where the documents are in the files, if the user said so. */
  readonly reading: { readonly field?: string; readonly format?: string };
}

/** Smallest first: a text of fewer bytes than `below` gets this model. */
const scales = [
  { below: 100_000, layers: 1, hidden: 32, heads: 2, intermediate: 88, context: 16, batch: 4 },
  { below: 500_000, layers: 2, hidden: 64, heads: 2, intermediate: 172, context: 64, batch: 8 },
  { below: Number.POSITIVE_INFINITY, layers: 2, hidden: 128, heads: 4, intermediate: 336, context: 128, batch: 16 },
] as const;

/** Tokens of the from-scratch arm: the text once, within bounds that keep training between seconds and minutes. */
function budget(bytes: number): number {
  return Math.round(Math.min(1_200_000, Math.max(20_000, bytes)) / 10_000) * 10_000;
}

export function initRecipe({ name, corpus, bytes, reading }: InitSettings): string {
  const scale = scales.find(({ below }) => bytes < below) ?? scales[2];
  const tokens = budget(bytes);
  const k = (n: number): string => `${n / 1000}k`;
  const { field, format } = reading;
  return `# Written by \`cambium init\`. A small model is trained on the text, stacked to four times its layers, and
# trained further; for comparison the large model is trained from scratch with the same FLOPs. All fields are in
# docs/recipes.md of @cambium/cli. \`cambium inspect\` shows what this recipe means, \`cambium run\` runs it.
name: ${name} # the run's directory: runs/${name}
seed: 0 # decides weights, split and order of the text; \`cambium sweep\` runs several
# backend: onnx # the default: onnx, or the only installed backend
data:
  corpus: ${stringify(corpus).trim()} # a file or folder of text, JSON lines, JSON or CSV, from this file's folder
${field === undefined ? "  # field: text # of JSON or a table: what holds the text\n" : `  field: ${stringify(field).trim()}\n`}${format === undefined ? "" : `  format: ${format}\n`}\
  tokenizer: bytes # or the path of a tokenizer.json
  heldOut: 0.1 # share of the documents kept out of training, for the reported loss
model: # the base, small
  layers: ${scale.layers}
  hidden: ${scale.hidden}
  heads: ${scale.heads}
  intermediate: ${scale.intermediate} # of the MLP; about 2.7 times hidden
  context: ${scale.context} # tokens in a sequence
growth:
  - operator: stack # \`cambium plugins\` lists the installed ones
    factor: 4 # layers after / layers before
    at: ${k(tokens / 4)} # tokens the base is trained on
train:
  tokens: ${k(tokens)} # for the model trained from scratch; the grown one gets the same FLOPs
  batch: ${scale.batch} # sequences in a step
  lr: 1e-3 # learning rate after warm-up; larger models need a smaller one
  schedule: cosine # or constant, linear, wsd
  warmup: ${k(tokens / 20)} # tokens
`;
}
