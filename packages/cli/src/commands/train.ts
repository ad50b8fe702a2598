// cambium train: continues training a checkpoint, without growth. A short form of a recipe.
import { basename, join, resolve, sep } from "node:path";
import { CambiumError } from "@cambium/ir";
import { contextLength, type ModelSpec } from "@cambium/model";
import { checkRecipe } from "@cambium/recipe";
import { loadRecipe, resolveFamily } from "@cambium/run";
import { type ScheduleName, scheduleNames } from "@cambium/train";
import { Command } from "commander";
import {
  type FamilyFlags,
  oneOf,
  realNumber,
  wholeNumber,
  withBackendFlags,
  withFamilyFlag,
  withPrecisionFlag,
} from "../flags.js";
import type { Host } from "../host.js";
import { exists, findModel, readModel } from "../model-source.js";
import { type CorpusFlags, withCorpusFlags } from "../open-text.js";
import { print } from "../terminal.js";
import { tokenCount } from "../token-count.js";
import { type RunFlags, runToEnd } from "./run.js";

interface Flags extends RunFlags, CorpusFlags, FamilyFlags {
  readonly heldOut?: number;
  readonly corpus: string;
  readonly tokenizer?: string;
  readonly tokens: number;
  readonly context?: number;
  readonly batch: number;
  readonly lr: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  readonly seed: number;
}

export function trainCommand(host: Host): Command {
  return withFamilyFlag(withPrecisionFlag(withBackendFlags(withCorpusFlags(new Command("train")))))
    .argument("<model>", "a Hugging Face directory, or a run's directory")
    .requiredOption(
      "-c, --corpus <corpus>",
      "moby-dick, state-of-the-union, or a path: a file or folder of text, JSON, CSV",
    )
    .requiredOption("-n, --tokens <n>", "tokens to train for, e.g. 300k or 1.2M", tokenCount("--tokens"))
    .option("--tokenizer <path>", "bytes, or a tokenizer.json (default: the model's)")
    .option("--context <n>", "tokens in a sequence (default: the model's, at most 256)", wholeNumber("--context", 1))
    .option("--batch <n>", "sequences in a batch", wholeNumber("--batch", 1), 8)
    .option("--lr <rate>", "learning rate after warm-up", realNumber("--lr", 0, true), 3e-4)
    .option("--schedule <name>", scheduleNames.join(", "), oneOf("--schedule", scheduleNames), "cosine")
    .option("--warmup <n>", "tokens of warm-up", tokenCount("--warmup", true), 0)
    .option("--seed <n>", "decides the order of the training data", wholeNumber("--seed"), 0)
    .option(
      "--held-out <share>",
      "share of the documents kept out of training (default: 0.05)",
      realNumber("--held-out"),
    )
    .option("-o, --out <dir>", "the run's directory (default: runs/train-MODEL)")
    .option("--json", "print the model's path as JSON")
    .addHelpText(
      "after",
      `
The same command continues where the last one stopped. To grow during training, or to compare arms, write a recipe.

With --json: {"directory", "model", "cached"}

Examples:
  cambium train ./grown --corpus my-texts/ --tokens 10M --lr 1e-4
  cambium train runs/quickstart --corpus moby-dick --tokens 300k`,
    )
    .action((model: string, flags: Flags) => run(model, flags, host));
}

async function run(model: string, flags: Flags, host: Host): Promise<void> {
  if (!(await exists(model))) {
    throw new CambiumError("E_NOT_FOUND", "there is no such model directory", { where: model });
  }
  const source = await findModel(model);
  const from = resolve(source.path);
  const name = await freeName(resolve(model));
  const { seed, batch, lr, schedule, warmup, tokens, corpus, field, format, heldOut, tokenizer } = flags;
  const spec = await readModel(source, flags, host);
  const value = {
    name,
    seed,
    backend: source.backend,
    data: { corpus, field, format, heldOut, tokenizer },
    model: {
      from,
      family: (await familyNamed(flags, spec, host)) ?? source.family,
      context: flags.context ?? Math.min(256, contextLength(spec)),
    },
    train: { tokens, batch, lr, schedule, warmup },
  };
  const recipe = checkRecipe(value, (path) => `--${String(path.at(-1))}`);
  const outcome = await runToEnd(recipe, process.cwd(), { ...flags, out: flags.out ?? join("runs", name) }, host);
  const { path } = await findModel(outcome.directory);
  const result = { directory: outcome.directory, model: path, cached: outcome.cached };
  print(flags.json ? JSON.stringify(result) : `Trained: ${path}`);
}

/** The name, among those that `--family` gives, of the model's own family: the run's recipe must name it too. */
async function familyNamed({ family: named = [] }: FamilyFlags, model: ModelSpec, host: Host) {
  for (const name of named) {
    const family = await resolveFamily(name, host.importer(process.cwd()));
    if (family.name === model.family.name) return name;
  }
  return undefined;
}

/** The name of the run that trains `model`: one that no other model with the same folder name has taken. */
async function freeName(model: string): Promise<string> {
  const name = `train-${basename(model).replace(/[^a-z0-9._-]+/gi, "-")}`;
  for (let n = 1; ; n++) {
    const tried = n === 1 ? name : `${name}-${n}`;
    const from = await startOf(join("runs", tried));
    if (from === undefined || from === model || from.startsWith(`${model}${sep}`)) return tried;
  }
}

/** The checkpoint that the run in `directory` began with; undefined if the directory holds no such run. */
async function startOf(directory: string): Promise<string | undefined> {
  const path = join(directory, "recipe.yaml");
  if (!(await exists(path))) return undefined;
  const { from } = (await loadRecipe(path)).model;
  return from === undefined ? undefined : resolve(directory, from);
}
