// The table of a sweep: a row for each arm of each cell, and statistics over seeds. It does not depend on when or how
// often the sweep was interrupted.
import type { SweepCell } from "@cambium/recipe";
import { type RunSummary, type SeedResult, type SeedSummary, summarizeRun, summarizeSeeds } from "@cambium/report";
import type { CellOutcome } from "@cambium/run";

export interface SweepRow {
  readonly cell: string;
  readonly settings: SweepCell["settings"];
  readonly arm: string | null;
  readonly state: "done" | "failed";
  readonly layers: number | null;
  readonly parameters: number | null;
  readonly nonEmbeddingParameters: number | null;
  readonly tokens: number | null;
  /** Tokens before the last growth; null for an arm that does not grow. */
  readonly baseTokens: number | null;
  /** Share of the tokens trained after the last growth. */
  readonly share: number | null;
  /** R_c of the last growth. */
  readonly connectionRate: number | null;
  readonly flops: number | null;
  /** Final held-out loss, nats per token. */
  readonly loss: number | null;
  readonly lowestLoss: number | null;
  /** FLOPs of the from-scratch arm over this arm's at equal held-out loss, minus 1. */
  readonly speedup: number | null;
  /** Code of the error that ended the cell. */
  readonly error: string | null;
}

export async function sweepRows(outcomes: readonly CellOutcome[]): Promise<SweepRow[]> {
  const rows: SweepRow[] = [];
  for (const { cell, directory, state, error } of outcomes) {
    const arms: readonly (RunSummary["arms"][number] | null)[] =
      state === "done" ? (await summarizeRun(directory)).arms : [null];
    for (const arm of arms)
      rows.push({
        cell: cell.name,
        settings: cell.settings,
        arm: arm?.name ?? null,
        state,
        layers: arm?.layers ?? null,
        parameters: arm?.parameters ?? null,
        nonEmbeddingParameters: arm?.nonEmbeddingParameters ?? null,
        tokens: arm?.spent.tokens ?? null,
        baseTokens: arm?.baseTokens ?? null,
        share: arm && arm.baseTokens !== null ? 1 - arm.baseTokens / arm.spent.tokens : null,
        connectionRate: arm?.connectionRate ?? null,
        flops: arm?.spent.flops ?? null,
        loss: arm?.finalHeldOutLoss ?? null,
        lowestLoss: arm?.lowestHeldOutLoss ?? null,
        speedup: arm?.speedup ?? null,
        error: error?.code ?? null,
      });
  }
  return rows;
}

/** Statistics over the seeds of one setting, arm by arm. */
export interface SettingSeeds extends SeedSummary {
  readonly settings: Readonly<Record<string, string>>;
}

/** Groups rows that differ only in `seed`. Empty if the sweep does not vary the seed. */
export function seedSummaries(rows: readonly SweepRow[]): SettingSeeds[] {
  const groups = new Map<string, SeedResult[]>();
  for (const { settings, state, arm, loss, speedup } of rows) {
    const { seed, ...others } = settings;
    if (seed === undefined || state !== "done" || arm === null) continue;
    const key = JSON.stringify(others);
    groups.set(key, [...(groups.get(key) ?? []), { seed, arm, loss, speedup }]);
  }
  return [...groups].map(([key, group]) => ({
    settings: JSON.parse(key) as Record<string, string>,
    ...summarizeSeeds(group),
  }));
}
