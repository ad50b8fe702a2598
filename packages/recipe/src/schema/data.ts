// `data` in a recipe: the corpus or its parts, the tokenizer, and what is kept out of training.
import { textFormats } from "@cambium/data";
import { z } from "zod";

const reading = {
  field: z
    .string()
    .optional()
    .describe('The field of JSON, or the column of a table, that holds the text. Default: "text".'),
  only: z
    .record(z.string(), z.union([z.string(), z.array(z.string()).min(1)]))
    .optional()
    .describe(
      "Only documents whose fields have one of these values each, e.g. " +
        "{ meta.redpajama_set_name: [RedPajamaC4, RedPajamaWikipedia] }. Default: all.",
    ),
  format: z
    .enum(textFormats)
    .optional()
    .describe("What the corpus's files are; of a folder, only those are read. Default: as their endings say."),
};

const corpusPart = z.strictObject({
  from: z.string().min(1).describe("A corpus, as data.corpus names one."),
  ...reading,
  weight: z
    .number()
    .positive()
    .optional()
    .describe("Its share of the tokens, relative to the other weights. All parts have one, or none has."),
  epochs: z
    .number()
    .positive()
    .optional()
    .describe("How often it is read, also in fractions; with weights, how often at most. Default: 1."),
});

/** A part of a corpus that has several. */
export type CorpusPart = z.output<typeof corpusPart>;

export const data = z.strictObject({
  corpus: z
    .union([z.string().min(1), z.array(corpusPart).min(1)])
    .describe(
      "moby-dick or state-of-the-union (from @cambium/corpora), or a path: a file of text, JSON lines, a JSON list, " +
        "CSV, TSV or Parquet, packed by gzip or zstd or not, or a folder of such files. Or a list of these, with shares.",
    ),
  ...reading,
  shuffle: z
    .boolean()
    .optional()
    .describe("The documents in an order of the seed, over the whole corpus. Default: true for a list, else false."),
  tokenizer: z
    .string()
    .optional()
    .describe(
      "bytes, or the path of a tokenizer.json or of a folder that holds one. " +
        "Default: the one of model.from, else bytes.",
    ),
  heldOut: z.number().gt(0).lt(0.9).default(0.05).describe("Share of the documents kept out of training."),
});
