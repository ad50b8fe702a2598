// A probe of a growth: what became of the grown model, on the record of the stage that was probed.
import { rm } from "node:fs/promises";
import { withFileErrors } from "@cambium/files";
import { type PlannedStage, probeVerdict } from "@cambium/recipe";
import type { ProbeRecord } from "@cambium/run-format";
import { type RunDirectory, readRows } from "@cambium/run-format/node";

/** A growth that is tried: `stage` stands still at `tokens`, where its snapshot is, while what grows from it trains. */
export interface Trial {
  readonly stage: PlannedStage;
  readonly tokens: number;
  /** Tokens that the grown stage trains for. */
  readonly budget: number;
}

/** The trial that a stage which pauses after `tokens` tokens pauses for; undefined for a stage that makes no probes. */
export function trialAt(stage: PlannedStage, tokens: number): Trial | undefined {
  const { until } = stage.stage;
  return until.kind === "probe" ? { stage, tokens, budget: until.budget } : undefined;
}

/**
 * Judges `trial` by the rows of both stages and puts the verdict on the record; only then is the snapshot of a growth that
 * is taken back deleted. Killed in between, the next sitting comes to the same verdict.
 */
export async function concludeTrial({ stage, tokens }: Trial, grown: PlannedStage, run: RunDirectory) {
  const { until } = stage.stage;
  const { start } = grown.stage;
  const directory = run.stage(stage.id);
  const held = await directory.read();
  if (until.kind !== "probe" || start.kind !== "growth" || !held) throw new TypeError("nothing was tried");
  const rows = (await readRows(directory.metrics)).filter((row) => row.tokens <= tokens);
  const tried = await readRows(run.stage(grown.id).metrics);
  const { flops: earlier = 0 } = start.probed ?? {};
  const verdict = probeVerdict(until, rows, tried, earlier);
  const record: ProbeRecord = { tokens, stage: grown.id, ...verdict, flops: (tried.at(-1)?.flops ?? 0) - earlier };
  await directory.write({ ...held, probes: [...(held.probes ?? []), record] });
  if (!record.grew) {
    const { snapshot } = run.stage(grown.id);
    await withFileErrors(snapshot, () => rm(snapshot, { recursive: true, force: true }));
  }
  return record;
}
