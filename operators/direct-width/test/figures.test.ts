// The figures that docs/results.md keeps: what growth in width leaves of the function, of gradients and of the course of
// training, in float64 on one small model. Prints them; rounding comes to 7e-14 at most, the bounds leave some room.

import { copy, type Expr, type FunctionClaim, type GrowthPlan, scale, take } from "@cambium/growth";
import { gradientRuleError, randomWeights } from "@cambium/growth/conformance";
import { type Family, modelSizes, parameterTable } from "@cambium/model";
import stack from "@cambium/operator-stack";
import { afterAll, describe, expect, test } from "vitest";
import { course } from "./course.js";
import { apart, config, grown, withTensors } from "./support.js";

type Options = Record<string, unknown>;

const tied = { tied: true };
const explicit = (hidden: readonly number[]): Options => ({ map: "explicit", maps: { hidden } });
const twiceAndNew = explicit(Array.from({ length: 80 }, (_, t) => (t < 64 ? t % 32 : -1)));
const padded = explicit(Array.from({ length: 48 }, (_, t) => (t < 32 ? t : -1)));
const square = (given: Options, options: Options): GrowthPlan => grown(given, { ...options, normMode: "sqrt-mu" });

/** The same plan in a target with the base's eps. */
function epsKept(plan: GrowthPlan): GrowthPlan {
  const { family, config } = plan.target;
  const { eps } = family as Required<Family>;
  return { ...plan, target: { family, config: eps.changed(config, eps.read(plan.base.config)) } };
}

/** The same plan with other copies of query heads, read half each, or of key/value heads. */
function otherHeads(plan: GrowthPlan, axis: "heads" | "kvHeads", indices: readonly number[]): GrowthPlan {
  const tensors: Record<string, Expr> = {};
  for (let i = 0; i < modelSizes(plan.base).layers; i++) {
    const named = (part: string) => `model.layers.${i}.self_attn.${part}_proj.weight`;
    for (const part of axis === "heads" ? ["q"] : ["k", "v"])
      tensors[named(part)] = take(copy(named(part)), axis, indices);
    if (axis === "heads") tensors[named("o")] = take(copy(named("o")), axis, indices, 0.5);
  }
  return withTensors(plan, tensors);
}

/** The same plan with norm weights times `factor`. */
function otherNorms(plan: GrowthPlan, factor: number): GrowthPlan {
  const norms = parameterTable(plan.target).filter(({ kind }) => kind === "norm");
  return withTensors(
    plan,
    Object.fromEntries(norms.map(({ name }) => [name, scale(plan.tensors[name] as Expr, factor)])),
  );
}

/** Layers of the base, twice over, in the order of `map`. */
function deeper(map: readonly number[]): GrowthPlan {
  const plan = stack.plan(config(), { factor: 2 });
  const placed = parameterTable(plan.target).flatMap(({ name, layer }): [string, Expr][] =>
    layer === undefined ? [] : [[name, copy(name.replace(`layers.${layer}.`, `layers.${map[layer]}.`))]],
  );
  return withTensors(plan, Object.fromEntries(placed));
}

/** A base whose eps, scaled by `ratio`, is a number that f32 holds, since the graph holds it so. */
const eps = (ratio: number) => ({ rmsNormEps: 2 ** -17 / ratio });

const kept: readonly (readonly [string, GrowthPlan])[] = [
  ...["even", "scalar", "elem", "proj"].map(
    (split) => [`hidden × 2, ${split}`, grown({}, { hidden: 64, split })] as const,
  ),
  ...[0.1, 1, 100].map(
    (pairNoise) =>
      [`hidden × 3, paired ± ${pairNoise}`, grown({}, { hidden: 96, split: "paired", pairNoise })] as const,
  ),
  ["hidden × 2, tied, even", grown(tied, { hidden: 64, split: "even" })],
  ["hidden × 2, tied, scalar", grown(tied, { hidden: 64, split: "scalar" })],
  ["hidden × 3, interleaved", grown({}, { hidden: 96, map: "interleave" })],
  ["hidden 32 → 48", grown({}, { hidden: 48 })],
  ["hidden 32 → 48, tied", grown(tied, { hidden: 48 })],
  ["hidden 32 → 80: twice and 16 new", grown({}, twiceAndNew)],
  ["the same, sqrt-mu, eps scaled", square(eps(0.8), twiceAndNew)],
  ["hidden 32 → 48: 16 new, sqrt-mu, eps scaled", square(eps(2 / 3), padded)],
  ["hidden 32 → 50, random", grown({}, { hidden: 50, map: "random" })],
  ["hidden 32 → 50, random, tied", grown(tied, { hidden: 50, map: "random" })],
  ["heads × 2 and kvHeads × 2", grown({}, { heads: 8, kvHeads: 4 })],
  ["heads × 2, within their groups", grown({}, { heads: 8 })],
  ["kvHeads × 2, interleaved", grown({}, { kvHeads: 4 })],
  ["heads 4 → 6, kvHeads 2 → 3", grown({}, { heads: 6, kvHeads: 3 })],
  ["intermediate 56 → 80, random, elem", grown({}, { intermediate: 80, map: "random", split: "elem" })],
  ["intermediate 56 → 80, random, even", grown({}, { intermediate: 80, map: "random", split: "even" })],
  ["all axes × 2", grown({}, {})],
  ["all axes × 2, tied, elem", grown(tied, { split: "elem" })],
];

const heads = [0, 1, 2, 3, 0, 1, 2, 3];
/** What these claim is what they would keep unspoiled. */
const lost: readonly (readonly [string, GrowthPlan, claim: FunctionClaim, least: number, most: number])[] = [
  ["hidden 32 → 48, norms copied", grown({}, { hidden: 48, normMode: "copy", split: "even" }), "no", 1, 20],
  [
    "hidden 32 → 48, norms times √(d/D), as the paper has them",
    otherNorms(grown({}, { hidden: 48, normMode: "copy", split: "even" }), Math.sqrt(32 / 48)),
    "no",
    1,
    20,
  ],
  ["hidden × 2, norms times d/D", otherNorms(grown({}, { hidden: 64, split: "even" }), 0.5), "exact", 1, 20],
  ["stack × 2", deeper([0, 1, 2, 0, 1, 2]), "no", 0.1, 20],
  ["interpolation × 2", deeper([0, 0, 1, 1, 2, 2]), "no", 0.1, 20],
  ["hidden 32 → 48: 16 new, norms copied", grown({}, { ...padded, normMode: "copy" }), "no", 1, 20],
  [
    "hidden × 2, tied, no split in the final norm",
    grown(tied, { hidden: 64, normMode: "copy", split: "even" }),
    "no",
    1,
    40,
  ],
  ["hidden 32 → 80, sqrt-mu, eps kept", epsKept(square({}, twiceAndNew)), "exact-if-eps-scaled", 1e-6, 1e-2],
  ["hidden 32 → 48: 16 new, sqrt-mu, eps kept", epsKept(square({}, padded)), "exact-if-eps-scaled", 1e-6, 1e-2],
  [
    "heads × 2, tiled across groups",
    otherHeads(grown({}, { heads: 8, split: "even" }), "heads", heads),
    "exact",
    1,
    20,
  ],
  ["kvHeads × 2, tiled", otherHeads(grown({}, { kvHeads: 4 }), "kvHeads", [0, 1, 0, 1]), "exact", 1, 20],
];

const lines: string[] = [];
const row = (label: string, ...figures: readonly number[]) =>
  void lines.push(`| ${[label, ...figures.map((figure) => figure.toExponential(1))].join(" | ")} |`);
afterAll(() => console.log(`\n${lines.join("\n")}\n`));

test.each(kept)("%s: the logits are the base's", async (label, plan) => {
  expect(plan.claims.functionPreserving).not.toBe("no");
  const { error, size } = await apart(plan);
  row(label, error, size);
  expect(error).toBeLessThanOrEqual(1e-12 * size);
});

test.each([
  ["all axes × 2", grown({}, {})],
  ["all axes × 2, tied, elem", grown(tied, { split: "elem" })],
])("%s, in float32: the logits are the base's", async (label, plan) => {
  const { error, size } = await apart(plan, "f32");
  row(`${label}, float32`, error, size);
  // Weights and what each op makes are off by 6e-8; nothing of that would be seen where float64 was used.
  expect(error).toBeGreaterThan(1e-8 * size);
  expect(error).toBeLessThanOrEqual(1e-4 * size);
});

test.each(lost)("%s: they are not", async (label, plan, claim, least, most) => {
  expect(plan.claims.functionPreserving).toBe(claim);
  const { error, size } = await apart(plan);
  row(label, error, size);
  expect(error).toBeGreaterThan(least);
  expect(error).toBeLessThan(most);
});

const ruleError = (plan: GrowthPlan) => gradientRuleError(plan, randomWeights(plan.base, "moments"));

describe("gradients by the plan's rules, relative", () => {
  test.each([
    ["intermediate × 2, scalar", {}, { intermediate: 112, split: "scalar" }],
    ["heads × 2 and kvHeads × 2, scalar", {}, { heads: 8, kvHeads: 4, split: "scalar" }],
    ["heads × 2, scalar", {}, { heads: 8, split: "scalar" }],
    ["hidden × 2, even", {}, { hidden: 64, split: "even" }],
    ["hidden 32 → 48, even, tied", tied, { hidden: 48, split: "even" }],
    ["all axes × 2, even", {}, { split: "even" }],
  ])("%s", async (label, given, options) => {
    const error = await ruleError(grown(given, options));
    row(`gradients: ${label}`, error);
    expect(error).toBeLessThanOrEqual(1e-12);
  });

  test("hidden × 2, scalar: the mean of the norm leaks", async () => {
    const error = await ruleError(grown({}, { hidden: 64, split: "scalar" }));
    row("gradients: hidden × 2, scalar", error);
    expect(error).toBeGreaterThan(1e-2);
  });
});

describe("20 steps of AdamW after 5 before growth, all axes × 2, even, of a smaller model", () => {
  const small = { vocab: 23, hidden: 8, intermediate: 12, layers: 2, headDim: 4 };
  test.each([
    ["moments carried, slower readers", { carry: true, slow: true }, 0, 1e-11],
    ["moments carried, one rate", { carry: true, slow: false }, 1e-3, 100],
    ["moments reset, slower readers", { carry: false, slow: true }, 1e-3, 100],
  ])("%s", async (label, options, least, most) => {
    const error = await course(small, options);
    row(`20 steps: ${label}`, error);
    expect(error).toBeGreaterThanOrEqual(least);
    expect(error).toBeLessThanOrEqual(most);
  });
});
