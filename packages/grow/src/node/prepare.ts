// Prepares a growth from the headers of its source: the target's tensors, shards and config.
import { createHash } from "node:crypto";
import {
  CONFIG_FILE,
  layoutSafetensors,
  type ModelDirectory,
  planShards,
  type SafetensorsLayout,
} from "@cambium/checkpoint";
import { type JsonObject, parsePythonJson, pythonJson, readContainedText, smallFileBytes } from "@cambium/files";
import {
  type Expr,
  type GrowthPlan,
  layerOrigins,
  type Operator,
  type PlanOrigin,
  parseOptions,
  planJson,
  stamped,
} from "@cambium/growth";
import { CambiumError, type Mistakes } from "@cambium/ir";
import { deepenedModel, type Family, type FloatDType, writeHfModel } from "@cambium/model";
import { castConfig, castTensors } from "./cast.js";
import { type GrownConfig, growConfig } from "./config.js";
import type { GrowRequest, OperatorOptions } from "./request.js";
import { type SourceModel, sourceModel } from "./source-model.js";
import { planTable } from "./table.js";
import type { TargetTable, TargetTensor } from "./target.js";

/** A growth ready to be executed. */
export interface Prepared {
  readonly operator: PlanOrigin;
  readonly layers: readonly (readonly number[])[];
  readonly plan: GrowthPlan;
  readonly tensors: readonly TargetTensor[];
  readonly dropped: readonly string[];
  readonly configText: string;
  readonly index: string | undefined;
  readonly shards: readonly { readonly file: string; readonly layout: SafetensorsLayout<TargetTensor> }[];
  /** What was not checked, a sentence each. */
  readonly warnings: readonly string[];
  /** Hash of the request, whatever the source. */
  readonly request: string;
  /** Hash of what the request makes of the source's config and headers. */
  readonly made: string;
  /** The source's config.json, as it was read. */
  readonly sourceConfig: string;
}

const usualShardBytes = 5e9;

/** Returns undefined if the mistakes leave nothing to prepare. The result is valid only if no mistake was noted. */
export async function prepare(
  source: ModelDirectory | undefined,
  {
    operator,
    options = {},
    families,
    maxShardBytes = usualShardBytes,
    strict = false,
    followLinks = false,
    dtype,
    readAs,
  }: GrowRequest,
  mistakes: Mistakes,
): Promise<Prepared | undefined> {
  const fits = await mistakes.check(() => planShards([], maxShardBytes));
  const text =
    source && (await mistakes.check(() => readContainedText(source.path, CONFIG_FILE, smallFileBytes, followLinks)));
  const grown =
    source && operator && text
      ? await workOut(source, text, { operator, options, families, readAs }, mistakes)
      : undefined;
  if (!source || !operator || !text || !grown) {
    if (operator) noteOptions(operator, options, mistakes);
    return undefined;
  }
  const dropped = [...grown.table.dropped, ...source.left];
  const tensors = dtype ? castTensors(source, grown.table.tensors, dtype, mistakes) : grown.table.tensors;
  const cut = planShards(tensors, fits ? maxShardBytes : usualShardBytes);
  const shards = cut.shards.map(({ file, tensors }) => ({
    file,
    layout: layoutSafetensors(tensors, { format: "pt" }),
  }));
  const { name, version } = operator;
  const made = { name, version, options: grown.options };
  const { layers, plan, warnings } = grown;
  if (strict && warnings.length > 0) mistakes.add(unchecked(source.path, warnings));
  const configText = dtype ? castConfig(grown.configText, dtype) : grown.configText;
  const asked = [made, maxShardBytes, dtype ?? null, readAs ?? null, source.left];
  return {
    ...{ operator: made, layers, plan, tensors, dropped, configText, warnings, index: cut.index, shards },
    request: sha256(asked),
    made: sha256([asked, layers, planJson(plan), text, configText]),
    sourceConfig: text,
  };
}

function unchecked(where: string, warnings: readonly string[]): CambiumError {
  return new CambiumError("E_GROWTH_UNCHECKED", "not everything about these layers could be checked", {
    where,
    reasons: warnings.map((message) => ({ message })),
    hint: "leave out --strict to grow it all the same",
  });
}

interface Grown {
  readonly table: TargetTable;
  readonly configText: string;
  readonly warnings: readonly string[];
  readonly layers: readonly (readonly number[])[];
  readonly options: OperatorOptions;
  readonly plan: GrowthPlan;
}

interface Asked {
  readonly operator: Operator;
  readonly options: OperatorOptions;
  readonly families: readonly Family[] | undefined;
  readonly readAs: FloatDType | undefined;
}

async function workOut(
  source: ModelDirectory,
  text: string,
  { operator, options, families, readAs }: Asked,
  mistakes: Mistakes,
): Promise<Grown | undefined> {
  const found = await mistakes.check(() => sourceModel(source, families));
  const plan = found && planned(operator, found, options, mistakes);
  if (!plan) return undefined;
  const table = planTable(source, plan, mistakes, readAs);
  const layers = layerOrigins(plan);
  const { text: configText, warnings } = await grownConfig(source, text, plan, layers, mistakes);
  return { table, configText, warnings, layers, options: plan.operator.options, plan };
}

/**
 * Notes what the operator throws and, if it does more than place, zero or scale tensors, why no family fits the source.
 */
function planned(
  operator: Operator,
  { model, misfits }: SourceModel,
  options: OperatorOptions,
  mistakes: Mistakes,
): GrowthPlan | undefined {
  const note = (errors: readonly CambiumError[]) => {
    for (const error of errors) mistakes.add(error);
    return undefined;
  };
  try {
    const plan = operator.plan(model, options);
    const computes = Object.values(plan.tensors).some((expr) => !placed(expr));
    return computes && misfits.length > 0 ? note(misfits) : plan;
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    return note(familyCodes.includes(error.code) ? [error, ...misfits] : [error]);
  }
}

/** Whether a tensor is a copy, a scaled copy or zeros, which takes no knowledge of the family. */
function placed(expr: Expr): boolean {
  return expr.kind === "copy" || expr.kind === "zeros" || (expr.kind === "scale" && expr.of.kind === "copy");
}

/** Codes of errors for what an operator needs from a family and does not get. */
const familyCodes = ["E_FAMILY_AXIS", "E_FAMILY_STREAM"];

/** Notes options that the operator does not take, if the model's own mistakes kept the operator from being called. */
function noteOptions({ name, version, options: schema }: Operator, options: OperatorOptions, mistakes: Mistakes): void {
  if (mistakes.has("E_GROWTH_OPTION")) return;
  try {
    stamped(name, version, () => parseOptions(schema, options));
  } catch (error) {
    if (error instanceof CambiumError) mistakes.add(error);
  }
}

/** config.json of the target: edited in place if only layers are placed, so that everything else keeps its spelling. */
async function grownConfig(
  source: ModelDirectory,
  text: string,
  { base, target }: GrowthPlan,
  layers: readonly (readonly number[])[],
  mistakes: Mistakes,
): Promise<Pick<GrownConfig, "text" | "warnings">> {
  const placed = layers.every(({ length }) => length === 1) ? layers.flat() : undefined;
  const edited = placed && (await editedConfig(source, text, placed, mistakes));
  if (edited !== undefined && JSON.stringify(target) === JSON.stringify(deepenedModel(base, placed ?? [])))
    return edited;
  if (edited === undefined) refuseKinds(source, layers.length, mistakes);
  const config = edited === undefined ? source.configJson : (parsePythonJson(edited.text, source.path) as JsonObject);
  const written = writeHfModel(target, { source: config });
  return { text: `${pythonJson(written)}\n`, warnings: edited?.warnings ?? [] };
}

/** Notes layers of several kinds if the target has others than the source has: nothing says which kind is whose. */
function refuseKinds({ path, configJson }: ModelDirectory, count: number, mistakes: Mistakes): void {
  const {
    layer_types: types,
    use_sliding_window: window,
    max_window_layers: first,
    num_hidden_layers: old,
  } = configJson;
  if (old === count) return;
  const kinds = Array.isArray(types)
    ? new Set(types).size > 1
    : window === true && typeof first === "number" && first > 0;
  if (!kinds) return;
  const [where, message] = ["config.json: layer_types", "layers of several kinds cannot be mixed, or have new ones"];
  const hint = "choose an operator that copies layers, such as stack";
  const reasons = [{ where, message, hint }];
  mistakes.add(new CambiumError("E_GROWTH_REFUSED", "this model cannot be grown this way", { where: path, reasons }));
}

async function editedConfig(
  source: ModelDirectory,
  text: string,
  layers: readonly number[],
  mistakes: Mistakes,
): Promise<GrownConfig> {
  const grown = growConfig(text, source.configJson, layers, source.tensors.keys(), source.left);
  await mistakes.check(() => {
    grown.reasons.throwIfAny("E_GROWTH_REFUSED", "this model cannot be grown this way", { where: source.path });
  });
  return grown;
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
