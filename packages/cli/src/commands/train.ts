// cambium train: train one model, from nothing or from a checkpoint, without growth. A short form of a recipe.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { Command } from "commander";
import { stringify } from "yaml";
import { type BackendFlags, realNumber, wholeNumber, withBackendFlags } from "../flags.js";
import { runToEnd } from "./run.js";

interface Flags extends BackendFlags {
  readonly corpus: string;
  readonly tokenizer?: string;
  readonly tokens: string;
  readonly context: number;
  readonly batch: number;
  readonly lr: number;
  readonly schedule: string;
  readonly warmup: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function trainCommand(): Command {
  return withBackendFlags(new Command("train"))
    .description("Train a checkpoint on: a Hugging Face directory in, a run with the trained model out.")
    .argument("<model>", "a Hugging Face directory")
    .requiredOption("-c, --corpus <corpus>", "moby-dick, state-of-the-union, or a path: text file, folder, .jsonl")
    .requiredOption("-n, --tokens <n>", "tokens to train for, e.g. 300k or 1.2M")
    .option("--tokenizer <path>", "bytes, or a tokenizer.json (default: the model's, else bytes)")
    .option("--context <n>", "tokens in a sequence", wholeNumber("--context", 1), 256)
    .option("--batch <n>", "sequences in a batch", wholeNumber("--batch", 1), 8)
    .option("--lr <rate>", "learning rate after warm-up", realNumber("--lr"), 3e-4)
    .option("--schedule <kind>", "constant, cosine or wsd", "cosine")
    .option("--warmup <n>", "tokens of warm-up", "0")
    .option("--seed <n>", "decides the order of the text", wholeNumber("--seed"), 0)
    .option("-o, --out <dir>", "the run's directory (default: runs/train-MODEL)")
    .option("--json", "print where the model is as JSON")
    .addHelpText(
      "after",
      `
The same command again continues where the last one stopped. To grow on the way, or to compare arms, write a recipe.

Examples:
  cambium train ./grown --corpus my-texts/ --tokens 10M --lr 1e-4
  cambium train runs/quickstart/stages/base-*/model --corpus moby-dick --tokens 300k`,
    )
    .action(run);
}

async function run(model: string, flags: Flags): Promise<void> {
  const from = resolve(model);
  const name = `train-${basename(from).replace(/[^a-z0-9._-]+/gi, "-").replace(/^[^a-z0-9]+/i, "") || "model"}`;
  const corpus = /[/\\.]/.test(flags.corpus) ? resolve(flags.corpus) : flags.corpus;
  const recipe = {
    name,
    seed: flags.seed,
    data: { corpus, tokenizer: flags.tokenizer === undefined ? await modelTokenizer(from) : flags.tokenizer === "bytes" ? "bytes" : resolve(flags.tokenizer) },
    model: { from, context: flags.context },
    train: { tokens: flags.tokens, batch: flags.batch, lr: flags.lr, schedule: flags.schedule, warmup: flags.warmup === "0" ? 0 : flags.warmup },
  };
  const folder = await mkdtemp(join(tmpdir(), "cambium-train-"));
  try {
    const file = join(folder, "train.yaml");
    await writeFile(file, stringify(recipe));
    const outcome = await runToEnd(file, { ...flags, out: resolve(flags.out ?? join("runs", name)) });
    const result = { directory: outcome.directory, cached: outcome.cached };
    console.log(flags.json ? JSON.stringify(result) : `Trained: ${outcome.directory} (its model is in stages/base-…/model)`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function modelTokenizer(model: string): Promise<string> {
  const { exists } = await import("../model-source.js");
  if (!(await exists(model))) throw new CambiumError("E_NOT_FOUND", "there is no such model directory", { where: model });
  return (await exists(join(model, "tokenizer.json"))) ? model : "bytes";
}
