// The formats of a corpus's files that are read.

export const textFormats = ["text", "jsonl", "json", "csv", "tsv", "parquet"] as const;
/** How documents lie in a file. */
export type TextFormat = (typeof textFormats)[number];
