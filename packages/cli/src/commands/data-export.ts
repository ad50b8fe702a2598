// cambium data export: writes tokens in another project's format, or converts such files to ours.

import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import {
  type Exported,
  exportTokens,
  hasBothSides,
  isTokenFolder,
  loadTokenizer,
  openTokens,
  type PackedSide,
  packedFormats,
  tokenPaths,
  unknownTokenizer,
} from "@cambium/data/node";
import { replaceDirectory } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { compact } from "@cambium/ir/figures";
import { Command } from "commander";
import { Exit } from "../failure.js";
import { oneOf, wholeNumber } from "../flags.js";
import { Pace } from "../pace.js";
import { stopOnSignals } from "../signals.js";
import { StatusLine } from "../status-line.js";
import { print } from "../terminal.js";

const formats = ["cambium", ...packedFormats] as const;
type Format = (typeof formats)[number];

interface Flags {
  readonly format: Format;
  readonly chunk: number;
  readonly pad: number;
  readonly tokenizer?: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function dataExportCommand(): Command {
  return new Command("export")
    .description("Write tokens as files of litgpt (TinyLlama) or nanoGPT, or convert such files to Cambium's.")
    .argument("<from>", "a folder of cambium data prepare, a token file, or a folder of packed .bin files")
    .argument("<folder>", "where the files go; must not exist or be empty")
    .requiredOption("--format <format>", formats.join(", "), oneOf("--format", formats))
    .option("--chunk <n>", "litgpt: tokens in a file", wholeNumber("--chunk", 1), 2049 * 16384)
    .option("--pad <id>", "litgpt: the token that fills up the last file", wholeNumber("--pad"), 0)
    .option("--name <name>", "the files' name (default: that of the source)")
    .option("--tokenizer <path>", "cambium: the tokenizer that made the tokens, if the source does not record it")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
A folder of cambium data prepare is written as both its sides: for nanogpt, train.bin and val.bin. So is a folder of
.bin files of which some are named val, valid or validation: for cambium, train.tokens and held-out.tokens.

With --json: {"files": […], "tokens", "padded", "dtype"} for each side

Examples:
  cambium data export ./tokens ./nanogpt --format nanogpt
  cambium data export ./tokens ./packed --format litgpt --chunk 33570816
  cambium data export ./packed ./ours --format cambium --tokenizer ./llama --name train`,
    )
    .action(run);
}

async function run(from: string, folder: string, flags: Flags): Promise<void> {
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) {
    const details = { where: folder, got: there.slice(0, 5).join(", "), hint: "name a folder that does not exist yet" };
    throw new CambiumError("E_EXISTS", "the folder is not empty", details);
  }
  const tokenizer = flags.tokenizer === undefined ? undefined : await loadTokenizer(flags.tokenizer, ".");
  const line = new StatusLine(process.stderr);
  const { signal, release } = stopOnSignals(() => {});
  try {
    const written = await replaceDirectory(folder, async (scratch) => {
      const all: Exported[] = [];
      for (const { path, name, side } of await sidesOf(from, flags)) {
        const tokens = await openTokens(path, side);
        const pace = new Pace();
        const onTokens = (done: number): void =>
          line.show(
            () => `Writing ${name} ${Math.floor((100 * done) / tokens.length)} %  ${pace.left(done, tokens.length)}`,
          );
        const { format, chunk, pad } = flags;
        const options = { format, chunk, pad, tokenizer: tokenizer?.fingerprint ?? unknownTokenizer, onTokens, signal };
        try {
          const vocab = tokenizer && tokens.format !== "cambium" ? { vocabSize: tokenizer.vocabSize } : {};
          all.push(await exportTokens(tokens, scratch, name, { ...options, ...vocab }));
        } finally {
          tokens.close();
        }
      }
      return all.map((one) => ({ ...one, files: one.files.map((file) => folder + file.slice(scratch.length)) }));
    });
    line.stop();
    if (flags.json) return print(JSON.stringify(written));
    for (const { files, tokens, padded, dtype } of written) {
      const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
      print(
        `${files[0]}${more}: ${compact(tokens)} tokens as ${dtype}${padded > 0 ? `, and ${padded} to fill up` : ""}`,
      );
    }
  } catch (error) {
    line.stop();
    if (!signal.aborted) throw error;
    throw new Exit(130, "Interrupted; nothing was written.");
  } finally {
    release();
  }
}

/** What is read, and what it is called where it is written. */
interface Part {
  readonly path: string;
  readonly name: string;
  /** Of a folder of packed files. */
  readonly side?: PackedSide;
}

async function sidesOf(from: string, { format, name }: Flags): Promise<Part[]> {
  const ours = await isTokenFolder(from);
  if (!ours && !(await hasBothSides(from)))
    return [{ path: from, name: name ?? basename(from).replace(/\.(bin|tokens)$/, "") }];
  const second = { nanogpt: "val", litgpt: "validation", cambium: "held-out" }[format];
  const called = (side: string): string => (name === undefined ? side : `${name}-${side}`);
  const { train, heldOut } = tokenPaths(from);
  return [
    { name: called("train"), ...(ours ? { path: train } : { path: from, side: "train" }) },
    { name: called(second), ...(ours ? { path: heldOut } : { path: from, side: "heldOut" }) },
  ];
}
