// What growing a model directory would do, from the headers of its weights alone.
import { createHash } from "node:crypto";
import { connectionRate, type Fraction, type GrowthPlan, layerOrigins, type Operator } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { llamaConfig, parseHfConfig, toHfConfig } from "@cambium/model";
import { readContainedText } from "../contained.js";
import { freeBytes } from "../disk-space.js";
import { CONFIG_FILE } from "../model-directory/names.js";
import { MAX_CONFIG_BYTES, type ModelDirectory, openModelDirectory } from "../model-directory/open.js";
import { planShards } from "../model-directory/shard-index.js";
import { ReasonList } from "../reasons.js";
import { layoutSafetensors, type SafetensorsLayout } from "../safetensors/layout.js";
import { growConfig } from "./config.js";
import { findStack, layerOf } from "./stack.js";
import { depthTable, planTable, type TargetTable, type TargetTensor } from "./table.js";

export interface GrowRequest {
  readonly operator: Operator;
  /** As the operator takes them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Bytes of tensors in one file; default 5 · 10⁹, as `transformers` has it. */
  readonly maxShardBytes?: number;
}

export interface GrowPreflight {
  readonly operator: { readonly name: string; readonly version: string; readonly options: object };
  /** For each target layer the source layers it is made from. */
  readonly layers: readonly (readonly number[])[];
  readonly connectionRate: Fraction;
  /** Elements of all tensors; those of packed tensors count as stored. */
  readonly parametersBefore: number;
  readonly parametersAfter: number;
  /** Bytes of weights. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Where the target would be; undefined if unknown. */
  readonly diskFree: number | undefined;
  readonly tensors: { readonly copied: number; readonly computed: number; readonly dropped: readonly string[] };
  readonly files: readonly string[];
  /** Present where the model is a Llama. */
  readonly plan: GrowthPlan | undefined;
}

/** A growth worked out, ready to be executed. */
export interface Prepared {
  readonly report: GrowPreflight;
  readonly configText: string;
  readonly index: string | undefined;
  readonly shards: readonly { readonly file: string; readonly layout: SafetensorsLayout<TargetTensor> }[];
  /** Hash of all that decides the result's bytes. */
  readonly identity: string;
  /** The source's weight files: size, and hash of the tensors they list. */
  readonly sourceFiles: readonly { readonly name: string; readonly bytes: number; readonly header: string }[];
}

/**
 * What growing the model in `from` into `to` would do. Reads config and headers; the data behind them may be missing.
 * @throws CambiumError `E_GROWTH_REFUSED` with every reason why these layers cannot grow by this list; from opening
 *   the directory; `E_GROWTH_UNKNOWN_TENSOR`, `E_GROWTH_SOURCE`; from the operator, and `E_CONFIG`.
 */
export async function preflightGrowth(from: string, to: string, request: GrowRequest): Promise<GrowPreflight> {
  await using source = await openModelDirectory(from, { headersOnly: true });
  return (await prepare(source, to, request)).report;
}

/** As {@link preflightGrowth}, for an open directory. */
export async function prepare(source: ModelDirectory, to: string, request: GrowRequest): Promise<Prepared> {
  const { operator, options = {}, maxShardBytes = 5e9 } = request;
  const text = await readContainedText(source.path, CONFIG_FILE, MAX_CONFIG_BYTES);
  const copies = onlyCopies(operator, source, options);
  const grown = copies ? byLayers(source, text, operator, options) : byPlan(source, operator, options);
  const { tensors, dropped } = grown.table;
  const cut = planShards(tensors, maxShardBytes);
  const shards = cut.shards.map(({ file, tensors }) => ({
    file,
    layout: layoutSafetensors(tensors, { format: "pt" }),
  }));
  const sourceFiles = source.shards.map(({ path, size, tensors }) => ({
    name: path.split(/[/\\]/).at(-1) as string,
    bytes: size,
    header: sha256(JSON.stringify([...tensors.values()])),
  }));
  const made = { name: operator.name, version: operator.version, options: grown.options };
  const copied = tensors.filter(({ copyOf }) => copyOf !== undefined).length;
  const identity = sha256(
    JSON.stringify([1, made, grown.layers, grown.plan ?? null, text, sourceFiles, maxShardBytes, source.files]),
  );
  const report: GrowPreflight = {
    operator: made,
    layers: grown.layers,
    connectionRate: connectionRate(grown.layers.map((one) => (one.length === 1 ? (one[0] as number) : null))),
    parametersBefore: elements(source.tensors.values()),
    parametersAfter: elements(tensors),
    bytesIn: [...source.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    bytesOut: shards.reduce((sum, { layout }) => sum + layout.fileSize, 0),
    diskFree: await freeBytes(to),
    tensors: { copied, computed: tensors.length - copied, dropped },
    files: shards.map(({ file }) => file),
    plan: grown.plan,
  };
  return { report, configText: grown.configText, index: cut.index, shards, identity, sourceFiles };
}

interface Grown {
  readonly table: TargetTable;
  readonly configText: string;
  readonly layers: readonly (readonly number[])[];
  readonly options: object;
  readonly plan: GrowthPlan | undefined;
}

/** Whether the operator only places copies of layers, so that their numbers are all it needs. Asked of a toy Llama. */
function onlyCopies(operator: Operator, source: ModelDirectory, options: object): boolean {
  const count = layerCount(source);
  if (operator.layers === undefined || count === undefined) return false;
  const base = llamaConfig({
    layers: count,
    vocabSize: 4,
    hiddenSize: 4,
    intermediateSize: 4,
    heads: 2,
    contextLength: 4,
  });
  const plan = operator.plan(base, options);
  const list = operator.layers(count, options);
  return Object.entries(plan.tensors).every(([name, expr]) => {
    const to = layerOf(name);
    const from = to ? name.replace(`layers.${to.layer}.`, `layers.${list[to.layer]}.`) : name;
    return expr.kind === "copy" && expr.source === from;
  });
}

function layerCount(source: ModelDirectory): number | undefined {
  return findStack(source.tensors.keys(), source.configJson, new ReasonList())?.count;
}

function byLayers(source: ModelDirectory, text: string, operator: Operator, options: object): Grown {
  const reasons = new ReasonList();
  const stack = findStack(source.tensors.keys(), source.configJson, reasons);
  const layers = stack && (operator.layers?.(stack.count, options) ?? []);
  const configText = layers ? growConfig(text, source.configJson, layers, reasons) : "";
  reasons.throwIfAny("E_GROWTH_REFUSED", "this model cannot be grown so", { where: source.path });
  if (!stack || !layers) throw new CambiumError("E_GROWTH_REFUSED", "this model cannot be grown so");
  const table = depthTable(source, stack, layers);
  const plan = llamaPlan(source, operator, options);
  return { table, configText, layers: layers.map((from) => [from]), options: plan?.operator.options ?? options, plan };
}

/** The plan for the record; a family that the parameter table does not know has none. */
function llamaPlan(source: ModelDirectory, operator: Operator, options: object): GrowthPlan | undefined {
  try {
    return operator.plan(parseHfConfig(source.configJson).config, options);
  } catch (error) {
    if (error instanceof CambiumError && error.code === "E_CONFIG") return undefined;
    throw error;
  }
}

function byPlan(source: ModelDirectory, operator: Operator, options: object): Grown {
  const { config } = parseHfConfig(source.configJson);
  const plan = operator.plan(config, options);
  const configJson = toHfConfig(plan.target, { source: source.configJson });
  const table = planTable(source, plan);
  const configText = `${JSON.stringify(configJson, null, 2)}\n`;
  return { table, configText, layers: layerOrigins(plan), options: plan.operator.options, plan };
}

function elements(tensors: Iterable<{ readonly shape: readonly number[] }>): number {
  let sum = 0;
  for (const { shape } of tensors) sum += shape.reduce((product, n) => product * n, 1);
  return sum;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
