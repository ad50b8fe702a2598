// cambium inspect: shows what a path holds (a recipe, a run or a part of one, a checkpoint, a safetensors file) or the
// graph of its model.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CambiumError, graphCost, liveness, printGraph } from "@cambium/ir";
import { compact } from "@cambium/ir/figures";
import { contextLength, lossGraph, type ModelSpec } from "@cambium/model";
import type { Recipe } from "@cambium/recipe";
import { summarizeRun } from "@cambium/report";
import { chooseBackend } from "@cambium/run";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import { Command } from "commander";
import { describeCheckpoint, describeTensors, type Shown } from "../checkpoint-view.js";
import {
  type BackendFlags,
  backendRequest,
  type FamilyFlags,
  oneOf,
  type PrecisionFlags,
  wholeNumber,
  withBackendFlags,
  withFamilyFlag,
  withPrecisionFlag,
} from "../flags.js";
import { onBackend, profileGraph, profileText, sourceOf, writeTrace } from "../graph-view.js";
import { allowed, type Host } from "../host.js";
import { exists, findModel, projectFamilies, readModel, refuseRuns } from "../model-source.js";
import { outlineRecipe } from "../recipe-outline.js";
import { describeRecipe, isRecipe, lastStage, recipeArms } from "../recipe-view.js";
import { describeRunPart, wholeOf } from "../run-part-view.js";
import { resultTable } from "../table.js";
import { print } from "../terminal.js";

interface Flags extends BackendFlags, FamilyFlags, PrecisionFlags {
  readonly graph?: "loss" | "step";
  readonly batch: number;
  readonly context?: number;
  readonly vocab?: number;
  /** False by `--no-plugins`. */
  readonly plugins?: boolean;
  readonly json?: boolean;
  readonly wgsl?: boolean;
  readonly source?: boolean;
  readonly profile?: boolean;
  readonly trace?: string;
}

export function inspectCommand(host: Host): Command {
  return withFamilyFlag(withPrecisionFlag(withBackendFlags(new Command("inspect"))))
    .argument("<path>", "a recipe, a run's directory or a part of it, a Hugging Face directory or a .safetensors file")
    .option(
      "--graph <which>",
      "print the model's graph: loss, or the whole train step (step)",
      oneOf("--graph", ["loss", "step"]),
    )
    .option("--batch <n>", "sequences in the graph's batch", wholeNumber("--batch", 1), 1)
    .option(
      "--context <n>",
      "tokens in a sequence of the graph (default: the model's, at most 128)",
      wholeNumber("--context", 1),
    )
    .option(
      "--vocab <n>",
      "of a recipe: plan without its tokenizer, as for one of so many tokens",
      wholeNumber("--vocab", 1),
    )
    .option("--source", "with --backend: print the code that the backend generates for the graph")
    .option("--wgsl", "short for --backend webgpu --source")
    .option("--profile", "with --backend: run the graph and print the time of each kind of kernel")
    .option("--trace <file>", "--profile, and write one run's kernels to a file for chrome://tracing or Perfetto")
    .option("--no-plugins", "load no plugin code: neither a recipe's operators and backends nor the project's families")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
With --json: {"name", "arms"} for a recipe, the report's figures for a run, {"config", "parameters", "tensors", …} for a
checkpoint, {"tensors", "metadata", …} for a file, {"kind", …} for a part of a run; with --graph {"nodes", "flops",
"peakBytes", …, "text"}, with --profile {"runs", "ops", "timeline"}.

Examples:
  cambium inspect recipes/quickstart.yaml      stages, layer map, R_c, parameters, FLOPs
  cambium inspect recipes/paper/7b.yaml --vocab 32000   the same of a recipe whose tokenizer is not here
  cambium inspect theirs.yaml --no-plugins     an outline of someone else's recipe, without running code that it names
  cambium inspect runs/a/stages/base-1/snapshot  its step and tokens, and whether its bytes are intact
  cambium inspect ./llama                      tensors and sizes
  cambium inspect ./llama --graph step         the train step as text; of a recipe, its last model's
  cambium inspect ./llama --graph step --wgsl  the WebGPU kernels it becomes
  cambium inspect ./llama --graph step --backend webgpu --profile --trace step.json`,
    )
    .action((path: string, flags: Flags) => run(path, flags, allowed(host, flags)));
}

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  if (!(await exists(path))) throw new CambiumError("E_NOT_FOUND", "there is nothing at this path", { where: path });
  if (flags.graph !== undefined) return showGraph(path, flags.graph, flags, host);
  const unused = (["wgsl", "source", "profile", "trace", "backend", "precision"] as const).filter(
    (name) => flags[name] !== undefined,
  );
  if (unused.length > 0)
    throw new CambiumError("E_OPTION", `${flagNames(unused)} without --graph`, { hint: "--graph step" });
  const shown = await describe(path, flags, host);
  print(flags.json ? JSON.stringify(shown.data) : shown.text);
}

function flagNames(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(", ");
}

async function describe(given: string, flags: Flags, host: Host): Promise<Shown> {
  if (isRecipe(given)) return flags.plugins === false ? outlineRecipe(given) : describeRecipe(given, host, flags.vocab);
  const path = wholeOf(given);
  const part = await describeRunPart(path);
  if (part) return part;
  if (!(await stat(path)).isDirectory()) {
    return describeTensors(path).catch((error: unknown) => {
      const isForeign = error instanceof CambiumError && error.code === "E_SAFETENSORS_HEADER";
      throw isForeign && !path.endsWith(".safetensors") ? notInspectable(path, error) : error;
    });
  }
  if (await exists(join(path, "run.json"))) {
    const summary = await summarizeRun(path);
    return { data: summary, text: resultTable(summary) };
  }
  await refuseRuns(path);
  return describeCheckpoint(path, await projectFamilies(flags, host));
}

function notInspectable(where: string, cause: CambiumError): CambiumError {
  return new CambiumError("E_SAFETENSORS_HEADER", "inspect cannot read this kind of file", {
    where,
    expected: "a recipe (.yaml), a file of a run or of a model directory, .safetensors, .tokens",
    cause,
  });
}

async function showGraph(path: string, which: "loss" | "step", flags: Flags, host: Host): Promise<void> {
  if (which === "loss" && flags.precision !== undefined)
    throw new CambiumError("E_OPTION", "--precision needs --graph step", { got: "--graph loss, which is f32" });
  const { batch, context, json } = flags;
  const { model, precision = "f32" } = await modelOf(path, flags, host);
  const size = { batch, context: context ?? Math.min(128, contextLength(model)) };
  const graph =
    which === "loss"
      ? lossGraph(model, size)
      : trainStepGraph(model, { ...size, optimizer: defaultOptimizer, precision: flags.precision ?? precision });
  const request = backendRequest(flags.wgsl ? { backend: "webgpu", ...flags } : flags);
  const backend = request && chooseBackend(request, undefined, host.importer(process.cwd()));
  const needing = (["wgsl", "source", "profile", "trace"] as const).filter((name) => flags[name] !== undefined);
  if (needing.length > 0) {
    if (!backend)
      throw new CambiumError("E_OPTION", `${flagNames(needing)} without --backend`, { hint: "--backend webgpu" });
    const options = { ...backend.options, ...(flags.profile || flags.trace !== undefined ? { profile: true } : {}) };
    await onBackend(graph, { ...backend, options }, host, async (executable) => {
      if (flags.wgsl || flags.source) print(sourceOf(executable, backend.name));
      if (!flags.profile && flags.trace === undefined) return;
      const profile = await profileGraph(executable, graph, model);
      if (flags.trace !== undefined) await writeTrace(flags.trace, profile.timeline);
      print(json ? JSON.stringify(profile) : profileText(profile));
    });
    return;
  }
  const { peakBytes, inputBytes } = liveness(graph);
  const { flops, matrixFlops, bytes } = graphCost(graph);
  const cost = { nodes: graph.nodes.length, flops, matrixFlops, bytes, peakBytes, inputBytes };
  if (json) {
    print(JSON.stringify({ ...cost, text: printGraph(graph) }));
    return;
  }
  const amounts = [`${compact(flops)}FLOP`, `${compact(inputBytes)}B in`, `at most ${compact(peakBytes)}B alive`];
  print(`${printGraph(graph).trimEnd()}\n# ${[`${cost.nodes} nodes`, ...amounts].join(", ")}`);
}

/** The model whose graph is shown. For a recipe or a run it is the last model of the first arm. */
async function modelOf(
  path: string,
  flags: Flags,
  host: Host,
): Promise<{ readonly model: ModelSpec; readonly precision?: Recipe["train"]["precision"] }> {
  if (!isRecipe(path)) return { model: await readModel(await findModel(path), flags, host) };
  const planned = await recipeArms(path, host, flags.vocab);
  return { model: lastStage(planned).model, precision: planned.recipe.train.precision };
}
