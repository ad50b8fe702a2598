// cambium data prepare: tokenizes a corpus, or a recipe's corpus, into token files.

import { dirname, join } from "node:path";
import type { Tokenizer } from "@cambium/data";
import {
  type CorpusOptions,
  corpusSpec,
  keepTokens,
  loadTokenizer,
  type MixPart,
  openSource,
  type PreparedData,
  type Progress,
  prepareData,
  prepareMixture,
} from "@cambium/data/node";
import { CambiumError, Mistakes } from "@cambium/ir";
import { compact, duration } from "@cambium/ir/figures";
import { planRecipe, prepareRecipeData, recipeCorpus, recipeReading } from "@cambium/run";
import { Command } from "commander";
import { Exit } from "../failure.js";
import { listed, realNumber, repeated, unfit, wholeNumber } from "../flags.js";
import type { Host } from "../host.js";
import { type CorpusFlags, passedOver, withCorpusFlags } from "../open-text.js";
import { phasePace } from "../pace.js";
import { isRecipe } from "../recipe-view.js";
import { stopOnSignals } from "../signals.js";
import { StatusLine } from "../status-line.js";
import { complain, print } from "../terminal.js";

interface Flags extends CorpusFlags {
  readonly out: string;
  readonly tokenizer: string;
  readonly heldOut: number;
  readonly seed: number;
  readonly weights?: readonly string[];
  readonly epochs?: readonly string[];
  readonly only?: readonly string[];
  readonly shuffle?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

export function dataPrepareCommand(host: Host): Command {
  return withCorpusFlags(new Command("prepare"))
    .description("Tokenize a corpus into train.tokens and held-out.tokens.")
    .argument("<corpus...>", "files and folders of text or shards, names of corpora; or one recipe (.yaml)")
    .requiredOption("-o, --out <folder>", "where the token files go, and what is needed to continue after a stop")
    .option("--tokenizer <path>", "bytes, a tokenizer.json or a folder that holds one", "bytes")
    .option("--held-out <share>", "share of the documents kept out of training, below 1", heldOutShare, 0.05)
    .option("--seed <n>", "decides what is held out, and the order of --shuffle", wholeNumber("--seed"), 0)
    .option("--only <field=values>", "only documents whose field is one of values (commas); may be repeated", repeated)
    .option("--shuffle", "shuffle the documents by the seed; always on with several corpora")
    .option("--weights <list>", "shares of the tokens, one for each corpus, e.g. 0.7,0.3", listed)
    .option("--epochs <list>", "how often each corpus is read; with --weights, at most, e.g. 1,4", listed)
    .option(
      "--threads <n>",
      "tokenizer threads, 0 for none of their own (default: by corpus and processors)",
      wholeNumber("--threads"),
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Reads .txt, .jsonl, .json, .csv, .tsv and .parquet, also compressed by gzip or zstd; in folders every such file, in the
order of their paths. The same command continues after Ctrl-C or a kill. A recipe can take the folder as its corpus.
Of a recipe, its data: section is followed; only --out and --json can be added.
OUT/cache keeps token files of every set of options that was tried; remove it to free the disk.

With --json: {"train": {"path", "documents", "tokens", "textBytes"}, "heldOut": {…}, "content", "cached", "seconds"}

Examples:
  cambium data prepare ./texts --out ./tokens
  cambium data prepare ./slimpajama --tokenizer ./llama --out ./tokens --only meta.redpajama_set_name=RedPajamaC4
  cambium data prepare ./web ./books --weights 0.7,0.3 --epochs 1,4 --tokenizer ./llama --out ./tokens
  cambium data prepare recipe.yaml --out ./tokens`,
    )
    .action((corpora: string[], flags: Flags, command: Command) => run(corpora, flags, givenIn(command), host));
}

/** A share of which something is left. */
function heldOutShare(text: string): number {
  const share = realNumber("--held-out")(text);
  if (share < 1) return share;
  throw unfit("--held-out", "a number from 0 to below 1", text);
}

/** The options that are on the command line, such as `--seed`. */
function givenIn(command: Command): string[] {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  return given.map(({ long }) => long ?? "");
}

async function run(corpora: readonly string[], flags: Flags, given: readonly string[], host: Host): Promise<void> {
  const [first = "", ...more] = corpora;
  const recipe = more.length === 0 && isRecipe(first) ? first : undefined;
  if (recipe !== undefined) refuseBesideRecipe(given);
  const begun = performance.now();
  const line = new StatusLine(process.stderr);
  const { signal, release } = stopOnSignals(() => {});
  const onProgress = progressLine(line);
  try {
    const options = { cacheDir: join(flags.out, "cache"), signal, onProgress };
    const made = await (recipe === undefined ? ofCorpora(corpora, flags, options) : ofRecipe(recipe, options, host));
    const paths = await keepTokens(made, flags.out);
    const { train, heldOut, content, cached } = made.stats;
    made.close();
    line.stop();
    const seconds = (performance.now() - begun) / 1000;
    const result = { train: { path: paths.train, ...train }, heldOut: { path: paths.heldOut, ...heldOut } };
    if (flags.json) return print(JSON.stringify({ ...result, content, cached, seconds }));
    for (const { path, documents, tokens, textBytes } of Object.values(result))
      print(
        `${path}: ${compact(tokens)} tokens of ${compact(documents)} ${documents === 1 ? "document" : "documents"}, ${compact(textBytes)}B of text`,
      );
    print(cached ? "Already prepared." : `Made in ${duration(seconds)}.`);
  } catch (error) {
    line.stop();
    if (!signal.aborted) throw error;
    throw new Exit(130, "Interrupted; the same command continues from here.");
  } finally {
    release();
  }
}

/** @throws CambiumError `E_OPTION` with each option that a recipe has a field for */
function refuseBesideRecipe(given: readonly string[]): void {
  const reasons = given
    .filter((flag) => !["--out", "--json"].includes(flag))
    .map((where) => ({ where, message: "has no effect on a recipe" }));
  if (reasons.length === 0) return;
  const hint = "set it in the recipe's data: section, or name the corpus instead of the recipe";
  throw new CambiumError("E_OPTION", "a recipe says itself how its corpus is prepared", { reasons, hint });
}

interface Making {
  readonly cacheDir: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

async function ofRecipe(path: string, making: Making, host: Host): Promise<PreparedData> {
  const projectDir = dirname(path);
  const around = { projectDir, importer: host.importer(projectDir) };
  const { recipe, tokenizer } = await planRecipe(await recipeReading(path), around);
  const corpus = await recipeCorpus(recipe, projectDir);
  const observer = {
    onData: making.onProgress,
    onPassedOver: (name: string, files: readonly string[]) => complain(passedOver(name, files)),
  };
  return prepareRecipeData(recipe, { ...making, corpus, tokenizer, observer });
}

async function ofCorpora(corpora: readonly string[], flags: Flags, making: Making): Promise<PreparedData> {
  const mistakes = new Mistakes();
  const tokenizer = await mistakes.check(() => loadTokenizer(flags.tokenizer, "."));
  const weights = await mistakes.check(() => numbersOf("--weights", flags.weights, corpora.length));
  const epochs = await mistakes.check(() => numbersOf("--epochs", flags.epochs, corpora.length));
  const only = await mistakes.check(async () => onlyOf(flags.only ?? []));
  const parts: MixPart[] = [];
  for (const [i, corpus] of corpora.entries()) {
    const { field, format } = flags;
    const reading: CorpusOptions = { ...(field !== undefined && { field }), ...(format && { format }), ...only };
    const source = await mistakes.check(() => openSource(corpusSpec(corpus, reading), "."));
    if (!source) continue;
    if (source.passedOver.length > 0) complain(passedOver(source.name, source.passedOver));
    const [weight, often] = [weights?.[i], epochs?.[i]];
    parts.push({ source, ...(weight !== undefined && { weight }), ...(often !== undefined && { epochs: often }) });
  }
  mistakes.throwIfAny();
  const { heldOut: heldOutFraction, seed, threads, shuffle } = flags;
  const whole = {
    ...making,
    tokenizer: tokenizer as Tokenizer,
    heldOutFraction,
    seed,
    ...(threads !== undefined && { threads }),
  };
  const [one, ...others] = parts as [MixPart];
  const mixed = shuffle === true || others.length > 0 || one.epochs !== undefined;
  return mixed ? prepareMixture({ ...whole, parts }) : prepareData({ ...whole, source: one.source });
}

/** One number for each corpus. @throws CambiumError `E_OPTION` */
function numbersOf(flag: string, words: readonly string[] | undefined, count: number): number[] | undefined {
  const values = words?.map(Number);
  if (!values || (values.length === count && values.every((value) => value > 0))) return values;
  const expected = count === 1 ? "one number above 0" : `${count} numbers above 0, one for each corpus`;
  throw unfit(flag, expected, (words ?? []).join(","));
}

function onlyOf(words: readonly string[]): Pick<CorpusOptions, "only"> {
  const fields = words.map((word): [string, string[]] => {
    const at = word.indexOf("=");
    if (at > 0) return [word.slice(0, at), word.slice(at + 1).split(",")];
    throw unfit("--only", "field=value,value", word);
  });
  return fields.length === 0 ? {} : { only: Object.fromEntries(fields) };
}

const doing = { hash: "Reading", tokenize: "Tokenizing", mix: "Mixing" } as const;

/** Progress, speed and time left, by the pace of the current phase in this process. */
function progressLine(line: StatusLine): (progress: Progress) => void {
  const paceOf = phasePace<Progress["phase"]>();
  return ({ phase, bytesDone, bytesTotal }) => {
    const pace = paceOf(phase, bytesDone);
    line.show(() => {
      const percent = Math.floor((100 * bytesDone) / Math.max(1, bytesTotal));
      const unit = phase === "mix" ? " tokens/s" : "B/s";
      return `${doing[phase]} ${percent} %  ${compact(pace.perSecond(bytesDone))}${unit}  ${pace.left(bytesDone, bytesTotal)}`;
    });
  };
}
