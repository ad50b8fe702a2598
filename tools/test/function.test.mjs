// Which growths preserve the function, in float64, on one small model with random weights and norms: those that claim
// to preserve it do so to rounding, the others change it by more than any rounding could. direct-width's own table is
// operators/direct-width/test/figures.test.ts.
import { afterAll, expect, test } from "vitest";
import { gradients, growExactly, logits, randomWeights } from "../../packages/growth/src/conformance/index.ts";
import { composePlans } from "../../packages/growth/src/index.ts";
import { llama, modelSpec } from "../../packages/model/src/index.ts";

const sizes = { vocab: 97, hidden: 32, intermediate: 56, layers: 3, heads: 4, kvHeads: 2, headDim: 8 };
const silent = "o_proj:0@new;down_proj:0@new";

/** [label, operator, options, tied, largest error as a multiple of the largest logit] */
const kept = [
  ["zero-width, all axes × 2", "zero-width", { std: 0.3 }, false, 1e-13],
  ["zero-width, all axes × 2, tied", "zero-width", { std: 0.3 }, true, 1e-13],
  ["zero-width, hidden 32 → 48", "zero-width", { hidden: 48, std: 0.3 }, false, 1e-13],
  ["zero-width, equation 14", "zero-width", { variant: "eq14", std: 0.3 }, false, 1e-13],
  ["zero-depth × 2", "zero-depth", { factor: 2 }, false, 0],
  ["LLaMA Pro, 3 → 4", "llama-pro", { layers: 4 }, false, 0],
  ["LEMON's pairs, 3 → 5", "zero-depth", { layers: 5, placement: "lemon" }, true, 0],
  ["explicit, silent copies", "explicit", { map: "0x2,1,2x2", scale: silent }, false, 0],
  ["StagedTraining × 2", "staged-width", {}, false, 1e-13],
  ["StagedTraining × 2, tied", "staged-width", {}, true, 1e-13],
  ["HyperCloning × 3, noise 0.1", "hypercloning", { factor: 3 }, false, 1e-13],
  ["HyperCloning × 2, noise 1, tied", "hypercloning", { factor: 2, pairNoise: 1 }, true, 1e-13],
  // Only one axis is cloned; with all axes, each layer multiplies the copies' roundings by the noise again.
  ["HyperCloning, hidden × 2, noise 30", "hypercloning", { hidden: 64, pairNoise: 30 }, false, 1e-12],
  ["Net2Net, all axes × 2", "net2net", {}, false, 1e-13],
  ["masked, all axes and depth, shut", "random-masked", masked("block"), false, 1e-13],
  ["masked, sub-layers, shut, tied", "random-masked", masked("sublayer"), true, 1e-13],
];
const lost = [
  ["stack × 2", "stack", { factor: 2 }],
  ["interpolation × 2", "interpolation", { factor: 2 }],
  ["SOLAR, m = 1", "solar", { drop: 1 }],
  ["MIDAS, block 1", "midas", { block: 1 }],
  ["append-top, 3 → 4", "append-top", { layers: 4 }],
  ["explicit, one writer silent", "explicit", { map: "0x2,1,2", scale: "o_proj:0@new" }],
  ["LiGO at its start, hidden 48", "learn", { hidden: 48 }],
  ["AKI, intermediate × 2", "direct-width", { intermediate: 112, rows: "next", split: "even" }],
];

function masked(form) {
  return { hidden: 48, heads: 8, kvHeads: 4, intermediate: 80, layers: 5, std: 0.3, form };
}

/** LEMON's depth after its width: what new layers write cancels over the copies. */
async function lemon(options) {
  const { default: wider } = await import("@cambium/operator-direct-width");
  const { default: deeper } = await import("@cambium/operator-zero-depth");
  const wide = wider.plan(modelSpec(llama, { ...sizes, contextLength: 32, tied: options.tied }), { split: "even" });
  const deep = { layers: 5, placement: "lemon", tail: "cancel" };
  return composePlans(wide, deeper.plan(wide.target, deep));
}

const lines = [];
afterAll(() => console.log(`\n${lines.join("\n")}\n`));

async function apart(label, operator, options, tied = false) {
  const { default: growth } = await import(`@cambium/operator-${operator}`);
  const base = modelSpec(llama, { ...sizes, contextLength: 32, tied });
  return measured(label, growth.plan(base, options));
}

async function measured(label, plan) {
  const { base } = plan;
  const weights = randomWeights(base, "width");
  const shut = { masks: plan.phase.masks, values: plan.phase.masks.map(() => 0) };
  const made = logits(plan.target, await growExactly(plan, weights), shut);
  const expected = logits(base, weights);
  const size = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const error = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - made[i])), 0);
  lines.push(`| ${label} | ${error.toExponential(1)} | ${size.toFixed(1)} |`);
  return { claim: plan.claims.functionPreserving, error, size };
}

test.each(kept)("%s: the logits are the base's", async (label, operator, options, tied, most) => {
  const { claim, error, size } = await apart(label, operator, options, tied);
  expect(claim).not.toBe("no");
  expect(error).toBeLessThanOrEqual(most * size);
});

test.each(lost)("%s: they are not, as the plan says", async (label, operator, options) => {
  const { claim, error } = await apart(label, operator, options);
  expect(claim).toBe("no");
  expect(error).toBeGreaterThan(0.1);
});

test.each([false, true])(
  "LEMON's cancelling layers after all axes × 2, tied: %s: the function is kept, all live",
  async (tied) => {
    const plan = await lemon({ tied });
    const { error, size } = await measured(`LEMON, cancelled, 3 → 5 after all axes × 2${tied ? ", tied" : ""}`, plan);
    expect(error).toBeLessThanOrEqual(1e-13 * size);
    const made = await growExactly(plan, randomWeights(plan.base, "width"));
    for (const [name, gradient] of Object.entries(gradients(plan.target, made)))
      expect([name, gradient.some((x) => x !== 0)]).toEqual([name, true]);
    // Whatever else it stands on is no copy: nothing is claimed.
    expect(plan.claims.functionPreserving).toBe("no");
  },
);
