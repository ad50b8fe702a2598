// A probe of a growth: the verdict on the grown model, recorded with the stage that was probed.
import { rm } from "node:fs/promises";
import { withFileErrors } from "@cambium/files";
import { type PlannedStage, probeVerdict } from "@cambium/recipe";
import type { ProbeRecord } from "@cambium/run-format";
import { type RunDirectory, readRows } from "@cambium/run-format/node";

/** A growth on trial: a stage is paused at `tokens`, where its snapshot is, while the stage grown from it trains. */
export interface Trial {
  readonly paused: PlannedStage;
  readonly tokens: number;
  /** Tokens that the grown stage trains for. */
  readonly budget: number;
}

/** The trial for which a stage pauses after `tokens` tokens; undefined for a stage without probes. */
export function trialAt(paused: PlannedStage, tokens: number): Trial | undefined {
  const { until } = paused.stage;
  return until.kind === "probe" ? { paused, tokens, budget: until.budget } : undefined;
}

/**
 * Judges `trial` by the rows of both stages and records the verdict; only then is the snapshot of a rejected growth
 * deleted. If killed in between, the resumed run comes to the same verdict.
 */
export async function concludeTrial({ paused, tokens }: Trial, grown: PlannedStage, run: RunDirectory) {
  const { until } = paused.stage;
  const { start } = grown.stage;
  const directory = run.stage(paused.id);
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
