// cambium preview: the loss with which a model would start out after growth, without writing the model.

import { type Device, describeDevice } from "@cambium/backend";
import { type ModelDirectory, openModelDirectory } from "@cambium/checkpoint";
import { type TextWindows, textWindows } from "@cambium/data/node";
import { virtualModel } from "@cambium/grow/node";
import {
  connectionRate,
  formatLayers,
  formatOperator,
  formatRate,
  formatRows,
  type GrowthPlan,
  layerMap,
  layerOrigins,
} from "@cambium/growth";
import { meanLoss, type Weights } from "@cambium/inference";
import { CambiumError, Mistakes } from "@cambium/ir";
import { compact, layerCount } from "@cambium/ir/figures";
import { contextLength, lossGraph, type ModelSpec, modelSizes } from "@cambium/model";
import { Command } from "commander";
import { beginning } from "../beginning.js";
import { Exit } from "../failure.js";
import { type BackendFlags, type FamilyFlags, wholeNumber, withBackendFlags, withFamilyFlag } from "../flags.js";
import { type OperatorFlags, operatorRequest, withOperatorFlags } from "../grow-request.js";
import type { Host } from "../host.js";
import { type CorpusFlags, openText, withCorpusFlags } from "../open-text.js";
import { stopOnSignals } from "../signals.js";
import { StatusLine } from "../status-line.js";
import { print } from "../terminal.js";
import { tokenCount } from "../token-count.js";

interface Flags extends OperatorFlags, BackendFlags, CorpusFlags, FamilyFlags {
  readonly text?: string;
  readonly corpus?: string;
  readonly tokens: number;
  readonly context?: number;
  readonly batch: number;
  readonly json?: boolean;
}

/** Longest sequence by default. */
const defaultContext = 256;

export function previewCommand(host: Host): Command {
  return withFamilyFlag(withBackendFlags(withCorpusFlags(withOperatorFlags(new Command("preview")))))
    .argument("<source>", "a Hugging Face directory, or a run's directory")
    .option("--text <file>", "a text file to measure on")
    .option("-c, --corpus <corpus>", "moby-dick, state-of-the-union, or a path: a file or folder of text, JSON, CSV")
    .option("-n, --tokens <n>", "tokens to predict, from the front of the text", tokenCount("--tokens"), 16_384)
    .option(
      "--context <n>",
      `tokens in a sequence (default: the model's, at most ${defaultContext})`,
      wholeNumber("--context", 1),
    )
    .option("--batch <n>", "sequences in a batch", wholeNumber("--batch", 1), 8)
    .option("--json", "print the figures as JSON")
    .addHelpText(
      "after",
      `
Copied layers share their weights with the base in memory: the grown model adds only what its operator computes. With
stacking the loss starts out far above the base's; training brings it down.

With --json: {"base": {"layers", "loss", "perplexity"}, "grown": {…}, "tokens", "weightBytes", "layers", …}

Examples:
  cambium preview ./llama-6l --operator stack --factor 4 --corpus moby-dick
  cambium preview ./llama-6l --operator interpolation --layers 12 --text my.txt --json`,
    )
    .action((path: string, flags: Flags) => run(path, flags, host));
}

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  const mistakes = new Mistakes();
  const { operator, options } = await operatorRequest(flags, host, mistakes);
  const { source, model, tokenizer, computing } = await beginning(path, flags, host, mistakes);
  const text = await mistakes.check(() => openText(flags.text, flags.corpus, flags));
  const plan = model && operator && (await mistakes.check(() => operator.plan(model, options)));
  mistakes.throwIfAny();
  if (!source || !plan || !text || !tokenizer || !computing) throw new Error("a mistake was not reported");

  const { signal, release } = stopOnSignals(() => {});
  const line = new StatusLine(process.stderr);
  try {
    const context = flags.context ?? Math.min(defaultContext, contextLength(plan.base));
    const windows = await textWindows(text, tokenizer, { wanted: flags.tokens, context, batch: flags.batch });
    await using directory = await openModelDirectory(source.path);
    await using device = await computing.backend.open(computing.chosen.options);
    const shown = await measure(device, directory, plan, windows, line, signal);
    line.stop();
    print(flags.json ? JSON.stringify(shown) : describe(shown, plan));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Exit(130);
  } finally {
    line.stop();
    release();
  }
}

interface Measured {
  readonly layers: number;
  /** Mean cross entropy in nats. */
  readonly loss: number;
  readonly perplexity: number;
}

interface Shown {
  readonly base: Measured;
  readonly grown: Measured;
  readonly tokens: number;
  readonly context: number;
  /** Bytes of weights on the device for both models together. */
  readonly weightBytes: number;
  readonly device: string;
  readonly operator: GrowthPlan["operator"];
  /** For each target layer the base layers it is made from. */
  readonly layers: readonly (readonly number[])[];
}

async function measure(
  device: Device,
  directory: ModelDirectory,
  plan: GrowthPlan,
  windows: TextWindows,
  line: StatusLine,
  signal: AbortSignal,
): Promise<Shown> {
  const weights = await virtualModel(device, directory, plan, (done, total) => {
    signal.throwIfAborted();
    line.show(() => `Weights ${Math.floor((100 * done) / total)} %`);
  });
  const { bytes: weightBytes } = await device.memory();
  const losses = async (what: string, model: ModelSpec, inputs: Weights): Promise<Measured> => {
    const masks = what === "grown" ? plan.phase.masks : [];
    const loss = await lossOf(what, device, model, inputs, windows, masks, (done) => {
      signal.throwIfAborted();
      line.show(() => `Loss of the ${what} model ${Math.floor((100 * done) / windows.batches.length)} %`);
    });
    return { layers: modelSizes(model).layers, loss, perplexity: Math.exp(loss) };
  };
  return {
    base: await losses("base", plan.base, weights.base),
    grown: await losses("grown", plan.target, weights.grown),
    tokens: windows.tokens,
    context: windows.context,
    weightBytes,
    device: `${device.info.backend}: ${describeDevice(device.info)}`,
    operator: plan.operator,
    layers: layerOrigins(plan),
  };
}

async function lossOf(
  what: string,
  device: Device,
  model: ModelSpec,
  weights: Weights,
  { batch, context, batches }: TextWindows,
  masks: GrowthPlan["phase"]["masks"],
  progress: (done: number) => void,
): Promise<number> {
  using executable = await device.compile(lossGraph(model, { batch, context, masks }));
  const tokens = batches.map((data) => ({ dtype: "i32", shape: [batch, context + 1], data }) as const);
  const loss = await meanLoss(executable, weights, tokens, progress);
  if (Number.isFinite(loss)) return loss;
  throw new CambiumError("E_NOT_FINITE", "the model's loss is not finite", {
    where: `the ${what} model`,
    got: `${loss}`,
    hint: "the weights hold NaN or infinity, or numbers too large for f32",
  });
}

function describe({ base, grown, tokens, context, weightBytes, device, operator }: Shown, plan: GrowthPlan): string {
  const loss = ({ layers, loss, perplexity }: Measured): string =>
    `${loss.toFixed(4)}  perplexity ${compact(perplexity)}  ${layerCount(layers)}`;
  const shut = "shut, as at the start of growth in a recipe; cambium grow writes the model without them";
  const difference = grown.loss - base.loss;
  const rows: [string, string][] = [
    ["operator", formatOperator(operator)],
    ["layers", formatLayers(layerOrigins(plan))],
    ["R_c", formatRate(connectionRate(layerMap(plan)))],
    ["base loss", loss(base)],
    ["grown loss", loss(grown)],
    ...(plan.phase.masks.length > 0 ? [["masks", shut] as [string, string]] : []),
    ["difference", `${difference < 0 ? "" : "+"}${difference.toFixed(4)}`],
    ["measured", `${tokens.toLocaleString("en-US")} tokens, ${context} in a sequence, on ${device}`],
    ["weights", `${compact(weightBytes)}B in memory for both models`],
  ];
  return formatRows(rows);
}
