// The growths whose figures are measured: those that preserve the function, and those that do not.
import appendTop from "@cambium/operator-append-top";
import directWidth from "@cambium/operator-direct-width";
import explicit from "@cambium/operator-explicit";
import hypercloning from "@cambium/operator-hypercloning";
import interpolation from "@cambium/operator-interpolation";
import learn from "@cambium/operator-learn";
import llamaPro from "@cambium/operator-llama-pro";
import middleBlock from "@cambium/operator-middle-block";
import net2net from "@cambium/operator-net2net";
import randomMasked from "@cambium/operator-random-masked";
import solar from "@cambium/operator-solar";
import stack from "@cambium/operator-stack";
import stagedWidth from "@cambium/operator-staged-width";
import zeroDepth from "@cambium/operator-zero-depth";
import zeroWidth from "@cambium/operator-zero-width";
import { composePlans, type FunctionClaim, type GrowthPlan } from "../../../packages/growth/src/index.js";
import type { DecoderInput } from "../../../packages/model/src/index.js";
import { base } from "./measure.js";
import { epsKept, otherHeads, otherNorms } from "./spoiled.js";

type Options = Record<string, unknown>;

export const tied = { tied: true };

/** The plan of direct-width. */
export function wide(options: Options, given: Partial<DecoderInput> = {}): GrowthPlan {
  return directWidth.plan(base(given), options);
}

const explicitly = (hidden: readonly number[]): Options => ({ map: "explicit", maps: { hidden } });
const twiceAndNew = explicitly(Array.from({ length: 80 }, (_, t) => (t < 64 ? t % 32 : -1)));
const padded = explicitly(Array.from({ length: 48 }, (_, t) => (t < 32 ? t : -1)));
const square = (options: Options) => ({ ...options, normMode: "sqrt-mu" });
/** A base whose eps, scaled by `ratio`, is a number that f32 holds, since the graph holds it so. */
const eps = (ratio: number) => ({ rmsNormEps: 2 ** -17 / ratio });

/** LEMON's depth after its width: what new layers write cancels over the copies. */
export function lemon(given: Partial<DecoderInput>): GrowthPlan {
  const wider = wide({ split: "even" }, given);
  return composePlans(wider, zeroDepth.plan(wider.target, { layers: 5, placement: "lemon", tail: "cancel" }));
}

/** Label, plan, and the largest error as a multiple of the largest logit; rounding comes to 7e-14 at most. */
export const kept: readonly (readonly [string, GrowthPlan, number?])[] = [
  ...["even", "scalar", "elem", "proj"].map((split) => [`hidden × 2, ${split}`, wide({ hidden: 64, split })] as const),
  ...[0.1, 1, 100].map(
    (pairNoise) => [`hidden × 3, paired ± ${pairNoise}`, wide({ hidden: 96, split: "paired", pairNoise })] as const,
  ),
  ["hidden × 2, tied, even", wide({ hidden: 64, split: "even" }, tied)],
  ["hidden × 2, tied, scalar", wide({ hidden: 64, split: "scalar" }, tied)],
  ["hidden × 3, interleaved", wide({ hidden: 96, map: "interleave" })],
  ["hidden 32 → 48", wide({ hidden: 48 })],
  ["hidden 32 → 48, tied", wide({ hidden: 48 }, tied)],
  ["hidden 32 → 80: twice and 16 new", wide(twiceAndNew)],
  ["the same, sqrt-mu, eps scaled", wide(square(twiceAndNew), eps(0.8))],
  ["the same, tied", wide(square(twiceAndNew), { ...tied, ...eps(0.8) })],
  ["hidden 32 → 48: 16 new, sqrt-mu, eps scaled", wide(square(padded), eps(2 / 3))],
  ["hidden 32 → 50, random", wide({ hidden: 50, map: "random" })],
  ["hidden 32 → 50, random, tied", wide({ hidden: 50, map: "random" }, tied)],
  ["heads × 2 and kvHeads × 2", wide({ heads: 8, kvHeads: 4 })],
  ["heads × 2, within their groups", wide({ heads: 8 })],
  ["kvHeads × 2, interleaved", wide({ kvHeads: 4 })],
  ["heads 4 → 6, kvHeads 2 → 3", wide({ heads: 6, kvHeads: 3 })],
  ["intermediate 56 → 80, random, elem", wide({ intermediate: 80, map: "random", split: "elem" })],
  ["intermediate 56 → 80, random, even", wide({ intermediate: 80, map: "random", split: "even" })],
  ["all axes × 2", wide({})],
  ["all axes × 2, tied, elem", wide({ split: "elem" }, tied)],
  ["zero-width, all axes × 2", zeroWidth.plan(base(), { std: 0.3 }), 1e-13],
  ["zero-width, all axes × 2, tied", zeroWidth.plan(base(tied), { std: 0.3 }), 1e-13],
  ["zero-width, hidden 32 → 48", zeroWidth.plan(base(), { hidden: 48, std: 0.3 }), 1e-13],
  ["zero-width, equation 14", zeroWidth.plan(base(), { variant: "eq14", std: 0.3 }), 1e-13],
  ["zero-depth × 2", zeroDepth.plan(base(), { factor: 2 }), 0],
  ["LLaMA Pro, 3 → 4", llamaPro.plan(base(), { layers: 4 }), 0],
  ["LEMON's pairs, 3 → 5", zeroDepth.plan(base(tied), { layers: 5, placement: "lemon" }), 0],
  ["explicit, silent copies", explicit.plan(base(), { map: "0x2,1,2x2", scale: "o_proj:0@new;down_proj:0@new" }), 0],
  ["StagedTraining × 2", stagedWidth.plan(base(), {}), 1e-13],
  ["StagedTraining × 2, tied", stagedWidth.plan(base(tied), {}), 1e-13],
  ["HyperCloning × 3, noise 0.1", hypercloning.plan(base(), { factor: 3 }), 1e-13],
  ["HyperCloning × 2, noise 1, tied", hypercloning.plan(base(tied), { factor: 2, pairNoise: 1 }), 1e-13],
  // Only one axis is cloned; with all axes, each layer multiplies the copies' roundings by the noise again.
  ["HyperCloning, hidden × 2, noise 30", hypercloning.plan(base(), { hidden: 64, pairNoise: 30 }), 1e-12],
  ["Net2Net, all axes × 2", net2net.plan(base(), {}), 1e-13],
  ["masked, all axes and depth, shut", randomMasked.plan(base(), masked("block")), 1e-13],
  ["masked, sub-layers, shut, tied", randomMasked.plan(base(tied), masked("sublayer")), 1e-13],
];

function masked(form: string): Options {
  return { hidden: 48, heads: 8, kvHeads: 4, intermediate: 80, layers: 5, std: 0.3, form };
}

const uneven = { split: "even", normMode: "copy" };

/** Label, plan, its claim, least and largest error. What spoiled plans claim is what they would keep unspoiled. */
export const lost: readonly (readonly [string, GrowthPlan, FunctionClaim, number?, number?])[] = [
  ["hidden 32 → 48, norms copied", wide({ ...uneven, hidden: 48 }), "no", 1],
  [
    "hidden 32 → 48, norms times √(d/D), as the paper has them",
    otherNorms(wide({ ...uneven, hidden: 48 }), Math.sqrt(32 / 48)),
    "no",
    1,
  ],
  ["hidden × 2, norms times d/D", otherNorms(wide({ hidden: 64, split: "even" }), 0.5), "exact", 1],
  ["hidden 32 → 48: 16 new, norms copied", wide({ ...padded, normMode: "copy" }), "no", 1],
  ["hidden × 2, tied, no split in the final norm", wide({ ...uneven, hidden: 64 }, tied), "no", 1, 40],
  ["hidden 32 → 80, sqrt-mu, eps kept", epsKept(wide(square(twiceAndNew))), "exact-if-eps-scaled", 1e-6, 1e-2],
  ["hidden 32 → 48: 16 new, sqrt-mu, eps kept", epsKept(wide(square(padded))), "exact-if-eps-scaled", 1e-6, 1e-2],
  [
    "heads × 2, tiled across groups",
    otherHeads(wide({ heads: 8, split: "even" }), "heads", [0, 1, 2, 3, 0, 1, 2, 3]),
    "exact",
    1,
  ],
  ["kvHeads × 2, tiled", otherHeads(wide({ kvHeads: 4 }), "kvHeads", [0, 1, 0, 1]), "exact", 1],
  ["stack × 2", stack.plan(base(), { factor: 2 }), "no"],
  ["interpolation × 2", interpolation.plan(base(), { factor: 2 }), "no"],
  ["SOLAR, m = 1", solar.plan(base(), { drop: 1 }), "no"],
  ["MIDAS, block 1", middleBlock.plan(base(), { block: 1 }), "no"],
  ["append-top, 3 → 4", appendTop.plan(base(), { layers: 4 }), "no"],
  ["explicit, one writer silent", explicit.plan(base(), { map: "0x2,1,2", scale: "o_proj:0@new" }), "no"],
  ["LiGO at its start, hidden 48", learn.plan(base(), { hidden: 48 }), "no"],
  ["AKI, intermediate × 2", wide({ intermediate: 112, rows: "next", split: "even" }), "no"],
];
