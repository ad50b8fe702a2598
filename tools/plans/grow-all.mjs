// Growth by this repository's operators on a device, compared with the host: every base of the conformance suite that
// an operator accepts, every policy for the moments.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { presets } from "../../operators/presets.mjs";
import { runFetched } from "../../packages/backend/src/conformance/cases.ts";
import { assertStateGraph, baseModel, defaultCases, testBases } from "../../packages/growth/src/conformance/index.ts";
import { growMoments, optimizerPolicies } from "../../packages/growth/src/index.ts";
import { CambiumError } from "../../packages/ir/src/index.ts";
import { root } from "../setup.mjs";

/** Options of the operators that refuse their defaults, for which the conformance suite has no cases. */
const needed = {
  explicit: { map: "0-2,2,3-5,5", scale: "o_proj:0@new;down_proj:0.5@new" },
  partial: { pattern: "12-3456x5-56", factor: 4 },
};

export const operators = readdirSync(join(root, "operators"), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** Whether it is a preset, which its own test compares with its operator. */
export const isPreset = (name) => Object.hasOwn(presets, name);

/**
 * @param {string} name
 * @param {import("@cambium/backend").Device} device
 * @param {{ small?: boolean }} options `small`: only one growth
 * @returns {Promise<number>} how many growths were compared
 * @throws Error naming the first tensor that is off
 */
export async function growAll(name, device, { small = false } = {}) {
  const { default: operator } = await import(`../../operators/${name}/src/index.ts`);
  let count = 0;
  for (const plan of plansOf(operator)) {
    for (const policy of optimizerPolicies.filter((one) => growsMoments(plan, one))) {
      await assertStateGraph(plan, policy, (graph, inputs) => runFetched(device, graph, inputs));
      count++;
      if (small) return count;
    }
  }
  if (count === 0) throw new Error(`${name} grows none of the bases`);
  return count;
}

function* plansOf(operator) {
  const options = needed[operator.name];
  const cases = options ? Object.values(testBases).map((base) => ({ base, options })) : defaultCases(operator);
  for (const { base, options } of cases) {
    const plan = unlessRefused(() => operator.plan(baseModel(base), options));
    if (plan) yield plan;
  }
}

function growsMoments(plan, policy) {
  const none = { get: () => undefined };
  return unlessRefused(() => growMoments(plan, { updates: 0, m: none, v: none }, policy)) !== undefined;
}

function unlessRefused(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof CambiumError) return undefined;
    throw error;
  }
}
