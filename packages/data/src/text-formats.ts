// The formats of corpus files.

export const textFormats = ["text", "jsonl", "json", "csv", "tsv", "parquet"] as const;
/** A file format. */
export type TextFormat = (typeof textFormats)[number];
