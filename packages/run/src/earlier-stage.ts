// The stage that was in a stage's place when the run was last planned: how it differs, and whether the new stage can
// continue from it.
import { copyFile, cp } from "node:fs/promises";
import { replaceDirectory, replaceFile } from "@cambium/files";
import { notCounted, type PlannedStage, stageJson } from "@cambium/recipe";
import type { RunManifest } from "@cambium/run-format";
import type { RunDirectory } from "@cambium/run-format/node";

export interface Difference {
  /** Of the field, such as `schedule.total`. */
  readonly path: string;
  readonly was: unknown;
  readonly is: unknown;
}

export interface EarlierStage {
  readonly id: string;
  /** None if it is the same stage, to which this version of Cambium gives other bits. */
  readonly differences: readonly Difference[];
  /** The new stage is the earlier one, trained for longer: it continues where that one ended. */
  readonly shorter: boolean;
}

/** Fields that do not count, or that only reflect a change in another stage. The engine does decide how a stage goes on. */
const passedOver = [
  ...notCounted.filter(([field]) => field !== "engine").map((path) => path.join(".")),
  ...["version", "start.parent.id", "start.parent.tokens"],
];

/** The stage at `index` of the arm `arm` in `before`; undefined if it is the same or there was none. */
export async function earlierStage(
  planned: PlannedStage,
  { arm, index }: { readonly arm: string; readonly index: number },
  before: RunManifest,
  run: RunDirectory,
): Promise<EarlierStage | undefined> {
  const id = before.arms.find(({ name }) => name === arm)?.stages[index];
  if (id === undefined || id === planned.id) return undefined;
  const was = await run.stage(id).readStageJson();
  if (was === undefined) return undefined;
  const is: unknown = JSON.parse(JSON.stringify(stageJson(planned.stage)));
  const differences = differencesOf(was, is);
  // What differs may be another stage's, which says so itself.
  if (differences.length === 0 && parentOf(was) !== parentOf(is)) return undefined;
  const [only] = differences;
  const longer = only?.path === "until.tokens" && Number(only.is) > Number(only.was);
  // If the parent has changed, so have the first weights.
  const sameStart = JSON.stringify(startOf(was)) === JSON.stringify(startOf(is));
  return { id, differences, shorter: differences.length === 1 && longer && sameStart };
}

function startOf(stage: unknown): unknown {
  const start = isRecord(stage) ? stage["start"] : undefined;
  if (!isRecord(start)) return start;
  const { path: _, ...counted } = start;
  return counted;
}

function parentOf(stage: unknown): unknown {
  const start = startOf(stage);
  const parent = isRecord(start) ? start["parent"] : undefined;
  return isRecord(parent) ? parent["id"] : undefined;
}

function differencesOf(was: unknown, is: unknown, path = ""): Difference[] {
  if (passedOver.includes(path)) return [];
  if (isRecord(was) && isRecord(is)) {
    const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
    return [...keys].flatMap((key) => differencesOf(was[key], is[key], path === "" ? key : `${path}.${key}`));
  }
  return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ path, was, is }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Copies metrics, then snapshot, from stage `from` to stage `to`, each whole or not at all. */
export async function takeOver(run: RunDirectory, from: string, to: string): Promise<void> {
  const [source, target] = [run.stage(from), run.stage(to)];
  await target.create();
  await replaceFile(target.metrics, (scratch) => copyFile(source.metrics, scratch));
  await replaceDirectory(target.snapshot, (scratch) => cp(source.snapshot, scratch, { recursive: true }));
}
