// cambium data inspect: shows what a token file holds.

import {
  hasBothSides,
  loadTokenizer,
  openTokens,
  TokenFile,
  type TokenSequence,
  vocabularyOf,
} from "@cambium/data/node";
import { compact } from "@cambium/ir/figures";
import { Command } from "commander";
import { wholeNumber } from "../flags.js";
import { print } from "../terminal.js";

interface Flags {
  readonly tokenizer?: string;
  readonly document?: number;
  readonly verify?: boolean;
  readonly json?: boolean;
}

export function dataInspectCommand(): Command {
  return new Command("inspect")
    .description("Show what a token file holds: Cambium's, litgpt's or nanoGPT's, or a folder of packed files.")
    .argument("<path>", "a .tokens or .bin file, or a folder of packed .bin files")
    .option("--tokenizer <path>", "decode tokens with it: bytes, a tokenizer.json or a folder that holds one")
    .option("--document <n>", "the document to show, from 0", wholeNumber("--document"))
    .option("--verify", "read the whole file and check its checksum")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
With --json: {"format", "dtype", "files", "tokens", "vocabSize", "documents", "textBytes", "title", "first", "text"}

Examples:
  cambium data inspect ./tokens/train.tokens --tokenizer ./llama --document 3
  cambium data inspect ./tokens/train.tokens --verify
  cambium data inspect ./packed --json`,
    )
    .action(run);
}

/** Tokens shown. */
const shown = 64;

async function run(path: string, flags: Flags): Promise<void> {
  const tokenizer = flags.tokenizer === undefined ? undefined : await loadTokenizer(flags.tokenizer, ".");
  const tokens = await openTokens(path);
  try {
    const [file] = tokens.files;
    const ours = file instanceof TokenFile ? file : undefined;
    if (flags.verify) for (const one of tokens.files) if (one instanceof TokenFile) await one.verify();
    const first = [...beginning(tokens, ours, flags.document)];
    const { documents, textBytes, title } = ours?.header ?? {};
    const facts = {
      ...{ format: tokens.format, dtype: tokens.dtype, files: tokens.files.length, tokens: tokens.length },
      vocabSize: vocabularyOf(tokens),
      ...(ours && { documents, textBytes, title }),
      ...{ first, text: tokenizer ? tokenizer.decode(first) : undefined },
    };
    if (flags.json) return print(JSON.stringify(facts));
    const lines: [string, string | undefined][] = [
      ["format", `${facts.format}, ids as ${facts.dtype}${facts.files > 1 ? `, ${facts.files} files` : ""}`],
      ["holds", title ?? ((await hasBothSides(path)) ? "files for training and for validation, together" : undefined)],
      ["tokens", `${facts.tokens} (${compact(facts.tokens)})`],
      ["vocabulary", `${facts.vocabSize}${ours ? "" : " (the largest id plus one)"}`],
      ["documents", documents === undefined ? undefined : String(documents)],
      ["text", textBytes ? `${textBytes} bytes, ${(textBytes / facts.tokens).toFixed(2)} a token` : undefined],
      ["begins", first.join(" ")],
      ["", facts.text === undefined ? undefined : JSON.stringify(facts.text)],
    ];
    for (const [name, value] of lines) if (value !== undefined) print(`${name.padEnd(10)}  ${value}`);
  } finally {
    tokens.close();
  }
}

/** The first tokens of `document`, or of the whole file if none is named. */
function beginning(tokens: TokenSequence, ours: TokenFile | undefined, document: number | undefined): Int32Array {
  if (document === undefined || !ours) return tokens.read(0, Math.min(shown, tokens.length));
  const { start, end } = ours.document(document);
  return ours.read(start, Math.min(shown, end - start));
}
