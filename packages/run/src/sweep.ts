// Runs the cells of a sweep, each a run of its own whose stages lie in one pool: a stage that several cells have in
// common is trained once. A cell that fails is reported, and the others go on.
import { lstat, mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { takeLock, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { nodeImporter } from "@cambium/plugin/node";
import type { PlannedStage, SweepCell } from "@cambium/recipe";
import { requireNoCheckpoint } from "@cambium/run-format/node";
import type { RunObserver } from "./observer.js";
import { recipeReading } from "./open-recipe.js";
import { decideBackend, type RunOptions, runRecipe } from "./run-recipe.js";

export interface SweepOptions
  extends Pick<RunOptions, "projectDir" | "backend" | "importer" | "signal" | "saveRequests"> {
  /** The sweep's directory: `cells/NAME`, each a run, and `stages`, which they share. */
  readonly out: string;
  /** Number of cells run at a time, each on a device of its own. */
  readonly jobs: number;
  /** Watches one cell. */
  readonly observer?: (cell: SweepCell) => RunObserver;
  readonly onCell?: (cell: SweepCell, outcome: CellOutcome) => void;
}

export interface CellOutcome {
  readonly cell: SweepCell;
  /** Its run directory. */
  readonly directory: string;
  readonly state: "done" | "failed";
  /** Why it failed: the whole message, which begins with the code; of a defect, its stack. */
  readonly error?: { readonly code: string; readonly text: string };
}

export interface SweepOutcome {
  readonly state: "done" | "interrupted";
  /** Those that ended, in the sweep's order. */
  readonly cells: readonly CellOutcome[];
  /** Counts of stages: of all cells, without duplicates, and those trained just now. */
  readonly stages: { readonly planned: number; readonly distinct: number; readonly trained: number };
}

/** @throws CambiumError `E_RUN_LOCKED` when another process runs the sweep; file errors. */
export async function runSweep(cells: readonly SweepCell[], options: SweepOptions): Promise<SweepOutcome> {
  const out = resolve(options.out);
  await requireNoCheckpoint(out);
  await withFileErrors(out, () => mkdir(join(out, "stages"), { recursive: true }));
  const unlock = await takeLock(join(out, "sweep.lock"), {
    code: "E_RUN_LOCKED",
    message: "another process is running this sweep",
    hint: "wait for it, stop it, or give the sweep another --out",
  });
  const pool = new StagePool();
  const ended = new Map<SweepCell, CellOutcome>();
  try {
    // Cells are compared, so one backend computes all of them.
    const chosen = { ...options, ...(await sweepBackend(cells, out, options)) };
    const waiting = [...cells];
    const work = async () => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        if (options.signal?.aborted) return;
        const outcome = await runCell(cell, out, chosen, pool);
        if (outcome === "interrupted") return;
        ended.set(cell, outcome);
        options.onCell?.(cell, outcome);
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    await unlock();
  }
  const done = cells.flatMap((cell) => ended.get(cell) ?? []);
  return { state: done.length === cells.length ? "done" : "interrupted", cells: done, stages: pool.counts() };
}

/** With `backend: auto`, the fastest backend for the first cell. */
async function sweepBackend([first]: readonly SweepCell[], out: string, options: SweepOptions) {
  if (!first) return {};
  const { projectDir = process.cwd(), importer = nodeImporter(projectDir, process.cwd()), backend } = options;
  const place = { projectDir, importer, out: join(out, "cells", first.name), ...(backend && { backend }) };
  return decideBackend(await recipeReading(first.recipe), { ...place, observer: options.observer?.(first) ?? {} });
}

async function runCell(
  cell: SweepCell,
  out: string,
  options: SweepOptions,
  pool: StagePool,
): Promise<CellOutcome | "interrupted"> {
  const { projectDir, backend, importer, signal, saveRequests } = options;
  const directory = join(out, "cells", cell.name);
  try {
    await linkStages(directory);
    const { state } = await runRecipe(cell.recipe, {
      out: directory,
      dataDir: join(out, "data"),
      stageGate: (id) => pool.enter(id),
      observer: watched(options.observer?.(cell) ?? {}, pool),
      ...(projectDir !== undefined && { projectDir }),
      ...(backend && { backend }),
      ...(importer && { importer }),
      ...(signal && { signal }),
      ...(saveRequests && { saveRequests }),
    });
    return state === "interrupted" ? state : { cell, directory, state: "done" };
  } catch (error) {
    const code = error instanceof CambiumError ? error.code : "E_DEFECT";
    const stack = error instanceof Error ? error.stack : undefined;
    const text = error instanceof CambiumError ? error.format() : `${code}: a bug in Cambium\n${stack ?? error}`;
    return { cell, directory, state: "failed", error: { code, text } };
  }
}

/** Links a cell's stages to the pool, so that readers of the run find them in their usual place. */
async function linkStages(directory: string): Promise<void> {
  await withFileErrors(directory, async () => {
    await mkdir(directory, { recursive: true });
    const link = join(directory, "stages");
    const there = await lstat(link).catch(() => undefined);
    if (there === undefined) await symlink(join("..", "..", "stages"), link, "junction");
  });
}

/** Counts stages, and lets only one cell at a time train a stage. */
class StagePool {
  readonly #busy = new Map<string, Promise<void>>();
  readonly #planned = new Map<object, readonly string[]>();
  #trained = 0;

  /** Waits until no other cell works on the stage. @returns a function that ends this cell's turn */
  async enter(id: string): Promise<() => void> {
    for (let other = this.#busy.get(id); other !== undefined; other = this.#busy.get(id)) await other;
    let end = () => {};
    this.#busy.set(
      id,
      new Promise((resolve) => {
        end = resolve;
      }),
    );
    return () => {
      this.#busy.delete(id);
      end();
    };
  }

  plan(of: object, stages: readonly PlannedStage[]): void {
    this.#planned.set(
      of,
      stages.map(({ id }) => id),
    );
  }

  trained(): void {
    this.#trained++;
  }

  counts(): SweepOutcome["stages"] {
    const all = [...this.#planned.values()].flat();
    return { planned: all.length, distinct: new Set(all).size, trained: this.#trained };
  }
}

/** `observer`, wrapped so that the pool also gets plans and finished stages. */
function watched(observer: RunObserver, pool: StagePool): RunObserver {
  const own: RunObserver = {
    onPlan(arms, done) {
      pool.plan(
        own,
        arms.flatMap(({ stages }) => stages),
      );
      observer.onPlan?.(arms, done);
    },
    onStageDone(stage, slope) {
      pool.trained();
      observer.onStageDone?.(stage, slope);
    },
  };
  // Methods of a class are on its prototype: they are found, and called on it, through the proxy.
  return new Proxy(observer, {
    get: (target, name) => {
      const replaced = Reflect.get(own, name);
      if (replaced !== undefined) return replaced;
      const held: unknown = Reflect.get(target, name);
      return typeof held === "function" ? held.bind(target) : held;
    },
  });
}
