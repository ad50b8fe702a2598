// cambium plan: when to grow to a target, by how much, at what cost, and what such growth has saved; writes the recipe.
import { writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { countParameters, type ModelSpec, modelJson, modelSizes } from "@cambium/model";
import { type Devices, paceOf, parseDevices, planGrowth, shape, shapeNear } from "@cambium/scaling";
import { defaultOptimizer, type FittedStep, fittedSteps } from "@cambium/train";
import { Command } from "commander";
import { byteCount, type FamilyFlags, oneOf, realNumber, wholeNumber, withFamilyFlag } from "../flags.js";
import type { Host } from "../host.js";
import { exists, findModel, readModel } from "../model-source.js";
import { batchOf, recipeOf, recipeText, vocabularyNotes } from "../plan-recipe.js";
import {
  measuredOn,
  memoryTaken,
  type PlannedWay,
  type PlanView,
  planText,
  recomputed,
  toolFigures,
} from "../plan-view.js";
import { print } from "../terminal.js";
import { tokenCount } from "../token-count.js";

const names = ["stack", "late", "middle"] as const;
/** Share of a device's peak that training reaches, unless --mfu gives it. */
const usualShare = 0.4;

interface Flags extends FamilyFlags {
  readonly params?: number;
  readonly model?: string;
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly intermediate?: number;
  readonly vocab: number;
  readonly context: number;
  readonly tokens?: number;
  readonly flops?: number;
  readonly hours?: number;
  readonly device?: string;
  readonly mfu?: number;
  readonly batch: number;
  readonly memory?: number;
  readonly recipe?: (typeof names)[number];
  readonly out?: string;
  readonly corpus: string;
  readonly tokenizer: string;
  readonly json?: boolean;
  readonly explain?: boolean;
}

export function planCommand(host: Host): Command {
  return withFamilyFlag(new Command("plan"))
    .option("--params <n>", "parameters of the target, e.g. 1.1B: a Llama of usual proportions", tokenCount("--params"))
    .option("--model <dir>", "take the target's shape from a Hugging Face directory or a run")
    .option("--layers <n>", "the target's layers; the flags below set its other sizes", wholeNumber("--layers", 1))
    .option("--hidden <n>", "default: 64 × layers", wholeNumber("--hidden", 1))
    .option("--heads <n>", "default: hidden / 64", wholeNumber("--heads", 1))
    .option("--kv-heads <n>", "key/value heads (default: heads)", wholeNumber("--kv-heads", 1))
    .option("--intermediate <n>", "default: 8/3 × hidden", wholeNumber("--intermediate", 1))
    .option("--vocab <n>", "tokens in the vocabulary", wholeNumber("--vocab", 1), 32_000)
    .option("--context <n>", "tokens in a training sequence", wholeNumber("--context", 1), 2048)
    .option("--tokens <n>", "the budget as tokens of training from scratch, e.g. 100B", tokenCount("--tokens"))
    .option("--flops <n>", "the budget in FLOPs, e.g. 8e20", realNumber("--flops", 0, true))
    .option("--hours <n>", "the budget as hours on --device", realNumber("--hours", 0, true))
    .option("--device <name:count>", "accelerators, e.g. h100:8")
    .option(
      "--mfu <share>",
      "share of the device's peak that training reaches (default: 0.4)",
      realNumber("--mfu", 0, true),
    )
    .option("--batch <n>", "sequences in a micro-batch, for the memory and the recipe", wholeNumber("--batch", 1), 8)
    .option(
      "--memory <size>",
      "most memory of the training process, e.g. 16GB; activations are recomputed to fit",
      byteCount("--memory"),
    )
    .option("--recipe <way>", `the way that --out writes: ${names.join(", ")}`, oneOf("--recipe", names))
    .option("--out <file>", "write a recipe that `cambium run` takes")
    .option("--corpus <name>", "corpus of that recipe", "moby-dick")
    .option("--tokenizer <name>", "tokenizer of that recipe", "bytes")
    .option("--explain", "print the formula and source of every number")
    .option("--json", "print it as JSON")
    .addHelpText("after", help)
    .action((flags: Flags) => run(flags, host));
}

const help = `
With --json: {"target", "flops", "tokens", "ways": [{"name", "base", "factor", "baseTokens", "targetTokens", "flops",
"seconds", "memoryBytes": {"base", "target"}, "recomputed", "training", "saving", "inRegime": {"size", "budget"}, "advice", "figures": [{"name", "value", "formula", "source"}]}], "recipe"}

Examples:
  cambium plan --params 7B --tokens 2T
  cambium plan --params 1.1B --hours 24 --device h100:8 --mfu 0.4 --explain
  cambium plan --model ./llama --flops 8e20 --json
  cambium plan --params 100M --tokens 2B --memory 4GB --out planned.yaml
  cambium plan --layers 8 --hidden 128 --vocab 256 --context 128 --tokens 1.2M --recipe middle --out planned.yaml`;

async function run(flags: Flags, host: Host): Promise<void> {
  const { target, nominal } = await targetOf(flags, host);
  const parameters = nominal ?? countParameters(target).total;
  const { device, mfu = usualShare } = flags;
  if (mfu > 1) throw option("--mfu is a share of the peak", "at most 1, such as 0.4", `${mfu}`);
  if (flags.mfu !== undefined && device === undefined)
    throw option("--mfu without --device", "--device h100:8", "none");
  const devices = device === undefined ? undefined : parseDevices(device, mfu);
  const flops = budgetOf(flags, parameters, devices);
  const tokens = flops / (6 * parameters);
  const context = Math.min(flags.context, target.family.contextLength(target.config));
  const planned = planGrowth({ target, nominal, flops });
  const fitted = fittedSteps(
    planned.flatMap(({ name, base, training }) => {
      const step = { ...batchOf(training.batchTokens, context, flags.batch), context, memory: flags.memory };
      const options = { ...step, optimizer: defaultOptimizer };
      return [
        { model: base, options, where: `${name}: base` },
        { model: target, options, where: `${name}: target` },
      ];
    }),
  );
  const ways = planned.map((way, i): PlannedWay => {
    const steps = fitted.slice(2 * i, 2 * i + 2) as unknown as PlannedWay["steps"];
    const again = way.flops.base * recomputed(steps[0]) + way.flops.target * recomputed(steps[1]);
    return { way, seconds: devices ? (flops + again) / paceOf(devices) : null, steps };
  });
  const view: PlanView = { target, parameters, flops, tokens, devices, ways };
  const written = flags.out === undefined && flags.recipe === undefined ? undefined : await write(view, flags, context);
  if (flags.json) return print(JSON.stringify(asJson(view, written)));
  print(planText(view, flags.explain === true));
  if (written === undefined) return;
  print(`Recipe: ${written}; cambium run ${written}`);
  for (const note of vocabularyNotes(target, flags.tokenizer)) print(`${note}.`);
}

/**
 * Writes the recipe of the way that `--recipe` names, else of the first that was measured on such runs, else at such sizes, else the first.
 * @returns its path
 */
async function write({ target, tokens, ways }: PlanView, flags: Flags, context: number): Promise<string> {
  const { out, recipe: named, corpus, tokenizer, batch, memory } = flags;
  if (out === undefined) throw option("--recipe without --out", "a file to write", "none");
  const measured = (on: ReturnType<typeof measuredOn>) => ways.find(({ way }) => measuredOn(way) === on);
  const found = ways.find(({ way }) => way.name === named) ?? measured("both") ?? measured("size") ?? ways[0];
  const { way } = found as PlannedWay;
  if (await exists(out))
    throw new CambiumError("E_EXISTS", "a file exists at this path already", {
      where: out,
      hint: "give another --out",
    });
  const recipe = recipeOf(`planned-${way.name}`, way, target, {
    corpus,
    tokenizer,
    context,
    tokens,
    microBatch: batch,
    memory,
  });
  const notes = vocabularyNotes(target, tokenizer);
  await writeFileAtomic(out, recipeText(recipe, way, `cambium plan --recipe ${way.name}`, notes));
  return out;
}

async function targetOf(flags: Flags, host: Host): Promise<{ target: ModelSpec; nominal?: number | undefined }> {
  const { params, model, layers } = flags;
  requireOne("the target", { params, model, layers }, "for example --params 1.1B");
  const sizes = (["hidden", "heads", "kvHeads", "intermediate"] as const).filter((name) => flags[name] !== undefined);
  if (layers === undefined && sizes.length > 0)
    throw option("sizes without --layers", "--layers with them", sizes.join(", "));
  if (model !== undefined) return { target: await readModel(await findModel(model), flags, host) };
  if (layers !== undefined) return { target: shape({ ...flags, layers }, flags) };
  return { target: shapeNear(params as number, flags), nominal: params };
}

function budgetOf({ tokens, flops, hours }: Flags, parameters: number, devices: Devices | undefined): number {
  requireOne("the budget", { tokens, flops, hours }, "for example --tokens 20B");
  if (flops !== undefined) return flops;
  if (tokens !== undefined) return 6 * parameters * tokens;
  if (devices === undefined) throw option("--hours needs a device", "--device h100:8", "none");
  return 3600 * (hours as number) * paceOf(devices);
}

function option(message: string, expected: string, got: string): CambiumError {
  return new CambiumError("E_OPTION", message, { expected, got });
}

/** @throws CambiumError `E_OPTION` unless exactly one of the flags has a value */
function requireOne(what: string, flags: Readonly<Record<string, unknown>>, hint: string): void {
  const names = Object.keys(flags).map((name) => `--${name}`);
  const given = names.filter((_, i) => Object.values(flags)[i] !== undefined);
  if (given.length === 1) return;
  throw new CambiumError("E_OPTION", `${what} has to be given once`, {
    expected: `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
    got: given.join(" and ") || "none of them",
    ...(given.length === 0 && { hint }),
  });
}

function asJson({ target, parameters, flops, tokens, devices, ways }: PlanView, recipe: string | undefined): object {
  return {
    target: { ...modelJson(target), parameters, ...countParameters(target) },
    ...{ flops, tokens },
    ...(devices && { devices }),
    ways: ways.map(({ way: { base, ...way }, seconds, steps }) => ({
      ...way,
      base: { ...modelJson(base), ...countParameters(base), sizes: modelSizes(base) },
      seconds,
      memoryBytes: ofBoth(steps, ({ memory }) => memoryTaken(memory, devices)),
      recomputed: ofBoth(steps, recomputed),
    })),
    explain: toolFigures,
    ...(recipe !== undefined && { recipe }),
  };
}

function ofBoth([base, target]: PlannedWay["steps"], figure: (step: FittedStep) => number): object {
  return { base: figure(base), target: figure(target) };
}
