// A stage's identity: the hash of all that decides its weights and metrics, and of nothing else.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Recipe } from "../schema.js";
import { evaluation } from "./budget.js";
import type { PlanContext } from "./context.js";
import type { StagePlan } from "./stage.js";

/** Part of every stage's identity: raise it when the same plan comes to mean other bits. */
const identityVersion = 1;

/** The name of the stage's folder: its name, and the first 12 hexadecimal digits of the hash. */
export function stageId(recipe: Recipe, context: PlanContext, plan: Omit<StagePlan, "id" | "flops">): string {
  const hash = bytesToHex(sha256(utf8ToBytes(identity(recipe, context, plan))));
  return `${plan.name}-${hash.slice(0, 12)}`;
}

/** Each field stands by its name. */
function identity(recipe: Recipe, context: PlanContext, plan: Omit<StagePlan, "id" | "flops">): string {
  const { model, tokens, dataPosition, optimizer, start } = plan;
  const { batch, accumulation, precision } = recipe.train;
  const { kind, peak, floor, warmupTokens, totalTokens, decayTokens } = plan.schedule;
  return JSON.stringify({
    identityVersion,
    ...{ model, tokens, dataPosition, optimizer, start: startIdentity(start) },
    // A constant rate asks neither where it ends nor when.
    schedule:
      kind === "constant" ? { peak, warmupTokens } : { kind, peak, floor, warmupTokens, totalTokens, decayTokens },
    ...{ seed: recipe.seed, time: recipe.model.context, batch, accumulation },
    // Absent in f32: stages that were trained before there was another keep their names.
    ...(precision !== "f32" && { precision }),
    evaluate: evaluation(recipe),
    ...{ dataContent: context.dataContent, device: context.device },
  });
}

function startIdentity(start: StagePlan["start"]): object {
  if (start.kind === "growth") return { ...start, from: start.from.id };
  return start.kind === "checkpoint" ? { ...start, path: undefined } : start;
}
