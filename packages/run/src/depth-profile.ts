// Measures how much of their depth a run's final models use, if the recipe asks for it. No stage's bits depend on it.
import { createHash } from "node:crypto";
import type { PreparedData } from "@cambium/data/node";
import { depthProfile } from "@cambium/inference";
import type { ArmPlan, Recipe } from "@cambium/recipe";
import { readParameters } from "./checkpoint-start.js";
import type { EvaluatedRun } from "./task-evaluation.js";

export interface ProfiledRun extends Pick<EvaluatedRun, "directory" | "device" | "signal" | "stageGate"> {
  readonly recipe: Pick<Recipe, "evaluate">;
  readonly data: Pick<PreparedData, "heldOut" | "stats">;
}

/**
 * Profiles the last stage of every arm, once.
 * @returns whether there was anything to do;
 * @throws the signal's reason
 */
export async function profileDepth(run: ProfiledRun, arms: readonly ArmPlan[]): Promise<boolean> {
  const { depth } = run.recipe.evaluate;
  if (depth === undefined) return false;
  let fresh = false;
  for (const planned of new Map(arms.map(({ stages }) => [stages.at(-1)?.id, stages.at(-1)])).values()) {
    if (planned === undefined) continue;
    const { model, context } = planned.stage;
    const stage = run.directory.stage(planned.id);
    const { backend, version, device } = run.device.info;
    const from = JSON.stringify([run.data.stats.content, depth, backend, version, device]);
    const identity = createHash("sha256").update(from).digest("hex");
    const leave = await run.stageGate?.(planned.id);
    try {
      if ((await stage.readDepth())?.identity === identity) continue;
      run.signal?.throwIfAborted();
      const rows = Math.max(1, Math.round(depth / context));
      const tokens = run.data.heldOut.read(0, Math.min(run.data.heldOut.length, rows * (context + 1)));
      const profile = await depthProfile(run.device, model, await readParameters(stage.model, model), {
        tokens: Int32Array.from(tokens),
        context: Math.min(context, tokens.length - 1),
      });
      await stage.writeDepth({ identity, ...profile });
      fresh = true;
    } finally {
      leave?.();
    }
  }
  return fresh;
}
