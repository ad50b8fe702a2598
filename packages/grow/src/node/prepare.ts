// A growth worked out from the headers of its source: the target's tensors, shards and config.
import { createHash } from "node:crypto";
import {
  CONFIG_FILE,
  layoutSafetensors,
  MAX_CONFIG_BYTES,
  type ModelDirectory,
  planShards,
  type SafetensorsLayout,
} from "@cambium/checkpoint";
import { ReasonList, readContainedText } from "@cambium/files";
import { type GrowthPlan, layerOrigins, type Operator, type PlanOrigin, planJson } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { llama, type ModelSpec, modelSpec, readHfModel, writeHfModel } from "@cambium/model";
import { castConfig, castTensors } from "./cast.js";
import { growConfig } from "./config.js";
import type { Mistakes } from "./mistakes.js";
import type { GrowRequest, OperatorOptions } from "./request.js";
import { findStack, type LayerStack, layerOf } from "./stack.js";
import { depthTable, noteStrangers, planTable } from "./table.js";
import type { TargetTable, TargetTensor } from "./target.js";

/** A growth ready to be executed. */
export interface Prepared {
  readonly operator: PlanOrigin;
  readonly layers: readonly (readonly number[])[];
  readonly plan: GrowthPlan | undefined;
  readonly tensors: readonly TargetTensor[];
  readonly dropped: readonly string[];
  readonly configText: string;
  readonly index: string | undefined;
  readonly shards: readonly { readonly file: string; readonly layout: SafetensorsLayout<TargetTensor> }[];
  /** Hash of all that decides the result's bytes. */
  readonly identity: string;
  /** The source's weight files: size, and hash of the tensors they list. */
  readonly sourceFiles: readonly { readonly name: string; readonly bytes: number; readonly header: string }[];
}

const usualShardBytes = 5e9;

/** Undefined when some mistake leaves nothing to work out. What is returned counts only if no mistake was noted. */
export async function prepare(
  source: ModelDirectory | undefined,
  { operator, options = {}, maxShardBytes = usualShardBytes, dtype }: GrowRequest,
  mistakes: Mistakes,
): Promise<Prepared | undefined> {
  const fits = await mistakes.check(() => planShards([], maxShardBytes));
  const text = source && (await mistakes.check(() => readContainedText(source.path, CONFIG_FILE, MAX_CONFIG_BYTES)));
  const grown = source && operator && text ? await workOut(source, text, operator, options, mistakes) : undefined;
  if (!source || !operator || !text || !grown) {
    if (operator) noteOptions(operator, options, mistakes);
    return undefined;
  }
  const { dropped } = grown.table;
  const tensors = dtype ? castTensors(source, grown.table.tensors, dtype, mistakes) : grown.table.tensors;
  const cut = planShards(tensors, fits ? maxShardBytes : usualShardBytes);
  const shards = cut.shards.map(({ file, tensors }) => ({
    file,
    layout: layoutSafetensors(tensors, { format: "pt" }),
  }));
  const sourceFiles = source.shards.map(({ path, size, tensors }) => ({
    name: path.split(/[/\\]/).at(-1) as string,
    bytes: size,
    header: sha256(JSON.stringify([...tensors.values()])),
  }));
  const { name, version } = operator;
  const made = { name, version, options: grown.options };
  const { layers, plan } = grown;
  const configText = dtype ? castConfig(grown.configText, dtype) : grown.configText;
  const identity = sha256(
    JSON.stringify([
      ...[3, made, layers, plan ? planJson(plan) : null],
      ...[text, sourceFiles, maxShardBytes, dtype ?? null, source.files],
    ]),
  );
  const { index } = cut;
  return { operator: made, layers, plan, tensors, dropped, configText, index, shards, identity, sourceFiles };
}

interface Grown {
  readonly table: TargetTable;
  readonly configText: string;
  readonly layers: readonly (readonly number[])[];
  readonly options: OperatorOptions;
  readonly plan: GrowthPlan | undefined;
}

async function workOut(
  source: ModelDirectory,
  text: string,
  operator: Operator,
  options: OperatorOptions,
  mistakes: Mistakes,
): Promise<Grown | undefined> {
  if (operator.layers === undefined) return byPlan(source, text, operator, options, mistakes);
  const reasons = new ReasonList();
  const stack = findStack(source.tensors.keys(), source.configJson, reasons);
  if (!stack) {
    await mistakes.check(() => refuse(source, reasons));
    return undefined;
  }
  const copies = await mistakes.check(() => onlyCopies(operator, stack.count, options));
  if (copies === undefined) return undefined;
  if (!copies) return byPlan(source, text, operator, options, mistakes);
  return byLayers(source, text, stack, operator, options, mistakes);
}

/** Whether the operator only places copies of layers, so that their numbers are all it needs. Asked of a toy Llama. */
function onlyCopies(operator: Operator, count: number, options: OperatorOptions): boolean {
  const plan = operator.plan(toy(count), options);
  const list = operator.layers?.(count, options) ?? [];
  return Object.entries(plan.tensors).every(([name, expr]) => {
    const to = layerOf(name);
    const from = to ? name.replace(`layers.${to.layer}.`, `layers.${list[to.layer]}.`) : name;
    return expr.kind === "copy" && expr.source === from;
  });
}

/** The smallest Llama of so many layers. */
function toy(layers: number): ModelSpec {
  const sizes = { vocab: 4, hidden: 4, intermediate: 4, heads: 2, contextLength: 4 };
  return modelSpec(llama, { layers, ...sizes });
}

/** Notes options that the operator does not take, for a model whose own faults leave nothing to ask it of. */
function noteOptions(operator: Operator, options: OperatorOptions, mistakes: Mistakes): void {
  if (mistakes.has("E_GROWTH_OPTION")) return;
  try {
    operator.plan(toy(6), options);
  } catch (error) {
    // Whether this number of layers can grow so says nothing of another.
    if (error instanceof CambiumError && error.code === "E_GROWTH_OPTION") mistakes.add(error);
  }
}

async function byLayers(
  source: ModelDirectory,
  text: string,
  stack: LayerStack,
  operator: Operator,
  options: OperatorOptions,
  mistakes: Mistakes,
): Promise<Grown> {
  const reasons = new ReasonList();
  const layers = operator.layers?.(stack.count, options) ?? [];
  const configText = growConfig(text, source.configJson, layers, reasons);
  await mistakes.check(() => refuse(source, reasons));
  const table = depthTable(source, stack, layers);
  const plan = await mistakes.check(() => llamaPlan(source, operator, options));
  return { table, configText, layers: layers.map((from) => [from]), options: plan?.operator.options ?? options, plan };
}

function refuse(source: ModelDirectory, reasons: ReasonList): void {
  reasons.throwIfAny("E_GROWTH_REFUSED", "this model cannot be grown so", { where: source.path });
}

/** The plan for the record; a family that the parameter table does not know has none. */
function llamaPlan(source: ModelDirectory, operator: Operator, options: OperatorOptions): GrowthPlan | undefined {
  try {
    return operator.plan(readHfModel(source.configJson), options);
  } catch (error) {
    if (error instanceof CambiumError && ["E_CONFIG", "E_FAMILY"].includes(error.code)) return undefined;
    throw error;
  }
}

async function byPlan(
  source: ModelDirectory,
  text: string,
  operator: Operator,
  options: OperatorOptions,
  mistakes: Mistakes,
): Promise<Grown | undefined> {
  const parsed = await mistakes.check(() => readHfModel(source.configJson));
  // Names do not depend on sizes, so that a foreign family's tensors are told even though its config says nothing.
  if (!parsed)
    noteStrangers(
      source,
      toy(findStack(source.tensors.keys(), source.configJson, new ReasonList())?.count ?? 1),
      mistakes,
    );
  const plan = parsed && (await mistakes.check(() => operator.plan(parsed, options)));
  if (!plan) return undefined;
  const table = planTable(source, plan, mistakes);
  const layers = layerOrigins(plan);
  const configJson = writeHfModel(plan.target, { source: await perLayerConfig(source, text, layers, mistakes) });
  const configText = `${JSON.stringify(configJson, null, 2)}\n`;
  return { table, configText, layers, options: plan.operator.options, plan };
}

/** The source's config with what it says of each layer said of the grown ones, where each of them comes from one. */
async function perLayerConfig(
  source: ModelDirectory,
  text: string,
  layers: readonly (readonly number[])[],
  mistakes: Mistakes,
): Promise<object> {
  if (layers.some(({ length }) => length !== 1)) return source.configJson;
  const reasons = new ReasonList();
  const grown = growConfig(text, source.configJson, layers.flat(), reasons);
  await mistakes.check(() => refuse(source, reasons));
  return JSON.parse(grown) as object;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
