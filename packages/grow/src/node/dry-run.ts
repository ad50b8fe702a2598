// What growing a model directory would do, and every reason against it, before a byte is written.
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { type Beside, type BesideFile, listBeside, type ModelDirectory, openModelDirectory } from "@cambium/checkpoint";
import { errnoOf, freeBytes, requireSpace, toFileError } from "@cambium/files";
import { connectionRate, type GrowthPlan } from "@cambium/growth";
import { CambiumError, Mistakes, numel } from "@cambium/ir";
import { checkAliases } from "./aliases.js";
import { companionsOf, namesOf } from "./companions.js";
import { blocksFor, heldBytes } from "./footprint.js";
import { type Identity, identityOf } from "./identity.js";
import { layerFiles } from "./layer-files.js";
import { type Prepared, prepare } from "./prepare.js";
import type { GrowReport } from "./report.js";
import type { DryRunRequest } from "./request.js";
import { lookAt, type SourceFiles, stateText } from "./sources.js";
import { otherAt, type Standing, standingAt, type Wanted } from "./standing.js";

/** A growth that can be carried out. */
export interface Growth extends AsyncDisposable {
  readonly source: ModelDirectory;
  readonly prepared: Prepared;
  readonly report: GrowReport;
  readonly identity: Identity;
  /** What a journal must match to be continued. */
  readonly wanted: Wanted;
  /** The source's files as they were before they were read. */
  readonly files: SourceFiles;
  /** The files that are copied, under their new names. */
  readonly companions: readonly BesideFile[];
  /** The new text of those that name layers, by the path of the source's file. */
  readonly rewritten: ReadonlyMap<string, string>;
  /** The target is this very growth. */
  readonly done: boolean;
  /** What earlier attempts, also of other processes, have left by now. @throws CambiumError as the dry run */
  standing(): Promise<Standing>;
}

/**
 * What growing the model in `from` into `to` would do. Reads config and headers; the data behind them may be missing.
 * @throws CambiumError the one mistake found, or `E_MISTAKES` with all: those of opening the directory, of the
 *   operator, `E_CONFIG`, `E_SHARD_SIZE`; `E_GROWTH_REFUSED` with every reason why these layers cannot grow by this
 *   list; `E_GROWTH_UNKNOWN_TENSOR`, `E_GROWTH_SOURCE`; `E_EXISTS`, `E_GROWTH_UNFINISHED`, `E_DISK_FULL` …
 */
export async function dryRunGrowth(from: string, to: string, request: DryRunRequest): Promise<GrowReport> {
  await using growth = await examine(from, resolve(to), request, true);
  return growth.report;
}

/**
 * The plan that growing the model in `from` would carry out, whatever the target.
 * @throws CambiumError as {@link dryRunGrowth}, for all but the target
 */
export async function planGrowth(from: string, request: DryRunRequest): Promise<GrowthPlan> {
  const { mistakes = new Mistakes() } = request;
  await using source = await open(from, true, request, mistakes);
  const prepared = await prepare(source, request, mistakes);
  mistakes.throwIfAny();
  if (!prepared) throw new Error("a growth without mistakes was not prepared");
  return prepared.plan;
}

/** As {@link dryRunGrowth}. @param headersOnly whether the data may be missing */
export async function examine(
  from: string,
  target: string,
  request: DryRunRequest,
  headersOnly: boolean,
): Promise<Growth> {
  const { mistakes = new Mistakes() } = request;
  const source = await open(from, headersOnly, request, mistakes);
  try {
    const beside = source && (await mistakes.check(() => listBeside(source)));
    const companions = beside ? companionsOf(beside) : [];
    // Before anything is read, because it is compared with this at the end.
    const besides = companions.map(({ from }) => from);
    const files = source && (await mistakes.check(() => lookAt(source, besides)));
    const prepared = await prepare(source, request, mistakes);
    const rewritten = source && prepared && (await mistakes.check(() => layerFiles(source, prepared, companions)));
    if (source && prepared && !headersOnly) await mistakes.check(() => checkAliases(source, prepared));
    const identity = source && prepared && (await mistakes.check(() => identityOf(source, prepared, companions)));
    const wanted = files && prepared && identity && wantedOf(files, prepared, identity, companions);
    const standing = wanted ? () => standingAt(target, wanted) : () => otherAt(target);
    if (files) await mistakes.check(() => requireOutside(target, files.place));
    const found = (await mistakes.check(standing)) ?? { done: false, journal: undefined };
    await mistakes.check(() => requireWritable(dirname(target)));
    const report = beside && prepared && (await reportOf(source, target, prepared, companions, beside, found));
    const extra = companions.reduce((sum, { bytes }) => sum + bytes, 0);
    if (report) await mistakes.check(() => requireSpace(dirname(target), report.bytesOut - report.bytesDone + extra));
    if (report) request.onReport?.(report);
    mistakes.throwIfAny();
    if (!report || !identity || !files || !wanted || !rewritten)
      throw new Error("a growth without mistakes was not prepared");
    const { done } = found;
    const dispose = () => source.close();
    return {
      ...{ source, prepared, report, identity, wanted, files, companions, rewritten, done },
      standing: () => standingAt(target, wanted),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await source?.close();
    throw error;
  }
}

function wantedOf(
  files: SourceFiles,
  prepared: Prepared,
  { growth, request }: Identity,
  companions: readonly BesideFile[],
): Wanted {
  const whole = prepared.shards.filter(({ layout }) =>
    layout.tensors.every(({ source }) => source.copyOf !== undefined),
  );
  return {
    head: { journal: "cambium growth 1", growth, request, source: files.place, state: stateText(files) },
    names: namesOf(prepared, companions),
    copied: new Set(whole.map(({ file }) => file)),
  };
}

/** Opens the source. Truncated data is noted as a mistake, and the headers are then examined alone. */
async function open(
  from: string,
  headersOnly: boolean,
  { drop = [], followLinks = false }: DryRunRequest,
  mistakes: Mistakes,
): Promise<ModelDirectory | undefined> {
  const options = { leaveOut: matcher(drop), followLinks };
  const source = await mistakes.check(() => openModelDirectory(from, { ...options, headersOnly }));
  if (source || headersOnly) return source;
  return new Mistakes().check(() => openModelDirectory(from, { ...options, headersOnly: true }));
}

/** Whether a name is one of `patterns`, in which * stands for anything. */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const words = patterns.map((pattern) => pattern.split("*").map((word) => word.replace(/[^\w]/g, "\\$&")));
  const tests = words.map((parts) => new RegExp(`^${parts.join(".*")}$`));
  return (name) => tests.some((test) => test.test(name));
}

async function reportOf(
  source: ModelDirectory,
  target: string,
  { operator, layers, plan, tensors, dropped, shards, warnings }: Prepared,
  companions: readonly BesideFile[],
  { left }: Beside,
  { done, journal, anew }: Standing,
): Promise<GrowReport> {
  const safe = [...(journal?.marks.values() ?? [])].map((marks) => marks.at(-1)?.end ?? 0);
  const copied = tensors.filter(({ copyOf }) => copyOf !== undefined).length;
  const bytesOut = shards.reduce((sum, { layout }) => sum + layout.fileSize, 0);
  const bytesIn = [...source.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    operator,
    layers,
    connectionRate: connectionRate(layers.map((one) => (one.length === 1 ? (one[0] as number) : null))),
    parametersBefore: elements(source.tensors.values()),
    parametersAfter: elements(tensors),
    bytesIn,
    bytesOut,
    bytesDone: done ? bytesOut : safe.reduce((sum, bytes) => sum + bytes, 0),
    ...(anew !== undefined && { anew }),
    memory: heldBytes(tensors, plan, bytesIn) + blocksFor(bytesOut).bytes,
    diskFree: await freeBytes(target),
    tensors: { copied, computed: tensors.length - copied, dropped },
    files: shards.map(({ file }) => file),
    warnings,
    beside: { along: companions.map(({ name }) => name), left },
    plan,
  };
}

/**
 * @throws CambiumError `E_GROWTH_TARGET` for a target inside the source's folder, where it would count as part of it
 */
async function requireOutside(target: string, place: string): Promise<void> {
  let [there, rest] = [target, ""];
  for (;;) {
    const real = await realpath(there).catch(() => undefined);
    if (real === undefined && dirname(there) !== there) {
      rest = join(basename(there), rest);
      there = dirname(there);
      continue;
    }
    if (!join(real ?? there, rest).startsWith(place + sep)) return;
    throw new CambiumError("E_GROWTH_TARGET", "the target lies in the folder of its source", {
      where: target,
      got: `in ${place}`,
      hint: "choose a path outside of it",
    });
  }
}

/** @throws CambiumError if nothing can be created in `folder`, or if `folder` itself cannot be created */
async function requireWritable(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory())
      throw new CambiumError("E_NOT_FOUND", "a part of this path is not a folder", { where: folder });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw toFileError(error, folder);
    await requireWritable(dirname(folder));
  }
}

function elements(tensors: Iterable<{ readonly shape: readonly number[] }>): number {
  let sum = 0;
  for (const { shape } of tensors) sum += numel(shape);
  return sum;
}
