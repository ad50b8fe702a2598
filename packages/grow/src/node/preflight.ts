// What growing a model directory would do, and everything that stands against it, before a byte is written.
import { constants } from "node:fs";
import { access, lstat, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type ModelDirectory, openModelDirectory } from "@cambium/checkpoint";
import { errnoOf, freeBytes, requireSpace, toFileError } from "@cambium/files";
import { connectionRate, type GrowthPlan } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { checkAliases } from "./aliases.js";
import { blocksFor, heldBytes } from "./footprint.js";
import { type Journal, readJournal } from "./journal.js";
import { Mistakes } from "./mistakes.js";
import { type Prepared, prepare } from "./prepare.js";
import { RECORD_FILE } from "./record.js";
import type { GrowPreflight } from "./report.js";
import type { PreflightRequest } from "./request.js";

interface Standing {
  /** The target is this very growth. */
  readonly done: boolean;
  /** Undefined when nothing was begun, or all is done. */
  readonly journal: Journal | undefined;
}

/** A growth that nothing stands against. */
export interface Growth extends AsyncDisposable {
  readonly source: ModelDirectory;
  readonly prepared: Prepared;
  readonly report: GrowPreflight;
  /** Of the whole growth, the state of the source's files included: what a journal must have been written for. */
  readonly identity: string;
  /** The target is this very growth. */
  readonly done: boolean;
  /** What earlier sittings, of other processes too, have left by now. @throws CambiumError as the pre-flight */
  standing(): Promise<Standing>;
}

/**
 * What growing the model in `from` into `to` would do. Reads config and headers; the data behind them may be missing.
 * @throws CambiumError the one mistake found, or `E_GROWTH_MISTAKES` with all: those of opening the directory, of the
 *   operator, `E_CONFIG`, `E_SHARD_SIZE`; `E_GROWTH_REFUSED` with every reason why these layers cannot grow by this
 *   list; `E_GROWTH_UNKNOWN_TENSOR`, `E_GROWTH_SOURCE`; `E_EXISTS`, `E_GROWTH_UNFINISHED`, `E_DISK_FULL` …
 */
export async function preflightGrowth(from: string, to: string, request: PreflightRequest): Promise<GrowPreflight> {
  await using growth = await examine(from, resolve(to), request, true);
  return growth.report;
}

/**
 * The plan that growing the model in `from` would carry out, whatever the target.
 * @throws CambiumError as {@link preflightGrowth}, for all but the target
 */
export async function planGrowth(from: string, request: PreflightRequest): Promise<GrowthPlan> {
  const { mistakes = new Mistakes() } = request;
  await using source = await open(from, true, mistakes);
  const prepared = await prepare(source, request, mistakes);
  mistakes.throwIfAny();
  if (!prepared) throw new Error("a growth without mistakes was not worked out");
  return prepared.plan;
}

/** As {@link preflightGrowth}. @param headersOnly whether the data may be missing */
export async function examine(
  from: string,
  target: string,
  request: PreflightRequest,
  headersOnly: boolean,
): Promise<Growth> {
  const { mistakes = new Mistakes() } = request;
  const source = await open(from, headersOnly, mistakes);
  try {
    const prepared = await prepare(source, request, mistakes);
    if (source && prepared && !headersOnly) await mistakes.check(() => checkAliases(source, prepared));
    const times = await Promise.all((source?.shards ?? []).map(async ({ path }) => (await stat(path)).mtimeMs));
    // A source written to in between has other bytes under the same headers.
    const identity = `${prepared?.identity} ${times.join(" ")}`;
    const standing = async (): Promise<Standing> => {
      const done = await isDone(target, prepared?.identity, Math.max(...times));
      return { done, journal: prepared && !done ? await readJournal(target, identity) : undefined };
    };
    const { done = false, journal } = (await mistakes.check(standing)) ?? {};
    await mistakes.check(() => requireWritable(dirname(target)));
    const report = prepared && source && (await reportOf(source, target, prepared, done, journal?.files));
    if (report) await mistakes.check(() => requireSpace(dirname(target), report.bytesOut - report.bytesDone));
    if (report) request.onPreflight?.(report);
    mistakes.throwIfAny();
    if (!source || !prepared || !report) throw new Error("a growth without mistakes was not worked out");
    return { source, prepared, report, identity, done, standing, [Symbol.asyncDispose]: () => source.close() };
  } catch (error) {
    await source?.close();
    throw error;
  }
}

/** The source; one whose data is cut short is noted, and looked at as far as its headers go. */
async function open(from: string, headersOnly: boolean, mistakes: Mistakes): Promise<ModelDirectory | undefined> {
  const source = await mistakes.check(() => openModelDirectory(from, { headersOnly }));
  if (source || headersOnly) return source;
  return new Mistakes().check(() => openModelDirectory(from, { headersOnly: true }));
}

async function reportOf(
  source: ModelDirectory,
  target: string,
  { operator, layers, plan, tensors, dropped, shards, warnings }: Prepared,
  done: boolean,
  safe: Journal["files"] = {},
): Promise<GrowPreflight> {
  const copied = tensors.filter(({ copyOf }) => copyOf !== undefined).length;
  const bytesOut = shards.reduce((sum, { layout }) => sum + layout.fileSize, 0);
  return {
    operator,
    layers,
    connectionRate: connectionRate(layers.map((one) => (one.length === 1 ? (one[0] as number) : null))),
    parametersBefore: elements(source.tensors.values()),
    parametersAfter: elements(tensors),
    bytesIn: [...source.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    bytesOut,
    bytesDone: done ? bytesOut : Object.values(safe).reduce((sum, bytes) => sum + bytes, 0),
    memory: heldBytes(tensors, plan) + blocksFor(bytesOut).bytes,
    diskFree: await freeBytes(target),
    tensors: { copied, computed: tensors.length - copied, dropped },
    files: shards.map(({ file }) => file),
    warnings,
    plan,
  };
}

/**
 * Whether `target` is the growth `identity`.
 * @param changed when the source was last written to: other weights may have the same headers
 * @throws CambiumError `E_EXISTS` for anything else that is not empty
 */
async function isDone(target: string, identity: string | undefined, changed: number): Promise<boolean> {
  const there = await lstat(target).catch(() => undefined);
  if (!there) return false;
  const names = there.isDirectory() ? await readdir(target) : ["a file"];
  if (names.length === 0) return false;
  const path = join(target, RECORD_FILE);
  const text = await readFile(path, "utf8").catch(() => "");
  if (identity !== undefined && text.includes(`"identity": "${identity}"`)) {
    if (changed <= (await stat(path)).mtimeMs) return true;
    throw new CambiumError("E_EXISTS", "this growth was made before the source was last written to", {
      where: target,
      hint: "remove it to grow again, or choose another path",
    });
  }
  throw new CambiumError("E_EXISTS", "something is there already", {
    where: target,
    expected: "nothing, or an empty folder",
    got: names.slice(0, 5).join(", "),
    hint: "choose another path",
  });
}

/** @throws CambiumError when nothing can be made in `folder`, or where it is to be made itself */
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
  for (const { shape } of tensors) sum += shape.reduce((product, n) => product * n, 1);
  return sum;
}
