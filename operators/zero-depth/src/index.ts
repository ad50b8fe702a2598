// G_zero in depth: copies of layers whose outputs are zero, so that they start as the identity.
import {
  centred,
  depthError,
  depthOperator,
  type Expr,
  indexMap,
  normal,
  planTables,
  sizesError,
  sum,
  type WidthAxis,
  zeros,
} from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type ModelSpec, type ParameterSpec, parameterTable } from "@cambium/model";
import * as z from "zod";
import { version } from "../package.json";

/**
 * G_zero of "Stacking Your Transformers" (Du et al. 2024, section 3.1) in depth: every new layer is a copy of the base
 * layer below it, but its projections that write to the residual stream (`o_proj`, `down_proj`) are zero, so the
 * function is preserved bit for bit. At the first step only these have a gradient; then the whole layer trains.
 *
 * Options: `factor` (default 4) or `layers`; `placement`: `interleave` (default) spreads the new layers evenly, each
 * after the layer it copies, which for 32 → 40 layers is the list of LLaMA Pro (Wu et al. 2024, section 3.2); `top`
 * puts copies of the top layers on top; `groups` is the rule of LLaMA Pro's own code, one after each ⌊l / (L − l)⌋
 * layers (32 → 42 too); `lemon` pairs the topmost L − l layers with their copies (LEMON, Wang et al. 2024). `frozen`
 * (default false): only the new layers train, as in LLaMA Pro.
 *
 * `tail: cancel` (LEMON) is for a base with `copies` sets (default 2) of its neurons and heads, one after the other, as
 * `direct-width` leaves them: the weights that read them are random and cancel over the copies. Only on such a base is
 * the function preserved, so no claim is made; every weight has a gradient from the first step on.
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import zeroDepth from "@cambium/operator-zero-depth";
 * layerMap(zeroDepth.plan(base, { layers: 8 })); // [0, 1, 2, 2, 3, 4, 5, 5] of 6: layers 3 and 7 are new
 */
export default depthOperator({
  name: "zero-depth",
  version,
  summary: "G_zero in depth: new layers that start as the identity (Du et al. 2024; LLaMA Pro)",
  options: {
    placement: z
      .enum(["interleave", "top", "groups", "lemon"])
      .default("interleave")
      .describe("where the new layers go"),
    tail: z.enum(["zero", "cancel"]).default("zero").describe("what silences new layers: zeros, or sums that cancel"),
    copies: z.int().min(2).default(2).describe("with tail: cancel, how often the base's neurons and heads stand"),
    seed: z.string().default("zero-depth").describe("with tail: cancel, names the random numbers"),
    frozen: z.boolean().default(false).describe("whether what is old is frozen: only new layers train"),
  },
  claims: { functionPreserving: "exact" },
  layers: (base, target, { placement }) =>
    placement === "groups"
      ? grouped(base, target - base)
      : Array.from({ length: target }, (_, t) => {
          if (placement === "lemon") return paired(base, target, t);
          if (placement === "interleave") return Math.ceil(((t + 1) * base) / target) - 1;
          return t < base ? t : base - 1 - ((target - 1 - t) % base);
        }),
  refine: (parts, { base, target, layers }, { frozen, tail, copies, seed }) => {
    const fresh = new Set(layers.flatMap((from, t) => (layers.indexOf(from) < t ? [t] : [])));
    const tensors: Record<string, Expr> = { ...parts.tensors };
    const moments: Record<string, Expr> = {};
    requireWriters(target, fresh);
    const old: string[] = [];
    for (const spec of planTables({ base, target }).target) {
      const { name, shape, layer, writes } = spec;
      if (layer === undefined || !fresh.has(layer)) old.push(name);
      else {
        moments[name] = zeros(shape);
        if (writes === "stream")
          tensors[name] = tail === "zero" ? zeros(shape) : cancelling(spec, target, copies, seed);
      }
    }
    return {
      ...parts,
      tensors,
      optimizer: { moments },
      phase: { frozen: frozen ? old : [] },
      claims: { functionPreserving: tail === "zero" || fresh.size === 0 ? "exact" : "no" },
    };
  },
});

/** Random columns that sum to zero over the copies of an index; each copy is a whole set of indices. */
function cancelling(spec: ParameterSpec, { family, config }: ModelSpec, copies: number, seed: string): Expr {
  const { name, shape, axes } = spec;
  const { axis, unit = 1 } = axes[1] ?? {};
  const size = (shape[1] ?? 0) / unit;
  if (axis === undefined || size % copies !== 0) {
    const got = axis === undefined ? "a family without named axes" : `${size} of ${axis}`;
    throw sizesError("columns cannot cancel", { where: name, expected: `a multiple of ${copies}`, got });
  }
  const [once, all] = [size / copies, Array.from({ length: size }, (_, t) => t)];
  const map = indexMap(
    all.map((t) => t % once),
    once,
  );
  const noise = normal(shape, family.std(config, spec, "paper"), `${seed}/${name}`);
  return sum(centred({ axis: axis as WidthAxis, map }, noise));
}

/** A copy after each group of ⌊l / fresh⌋ layers, until all are placed. */
function grouped(base: number, fresh: number): number[] {
  const group = fresh === 0 ? 0 : Math.floor(base / fresh);
  if (fresh > 0 && Math.floor(base / group) !== fresh) {
    const expected = `⌊${base} / ⌊${base} / n⌋⌋ = n for n new layers`;
    throw depthError("the groups do not make that many new layers", { expected, got: `n = ${fresh}` });
  }
  const all = Array.from({ length: base }, (_, i) => i);
  return all.flatMap((i) => ((i + 1) % group === 0 && (i + 1) / group <= fresh ? [i, i] : [i]));
}

/** Once each, then the topmost twice each. */
function paired(base: number, target: number, t: number): number {
  if (target > 2 * base)
    throw depthError("each layer has one copy at most", { expected: `at most ${2 * base} layers`, got: `${target}` });
  const single = 2 * base - target;
  return t < single ? t : single + Math.floor((t - single) / 2);
}

/** @throws CambiumError `E_FAMILY_STREAM` for a layer of which nothing is known to write to the residual stream */
function requireWriters(target: ModelSpec, fresh: ReadonlySet<number>): void {
  const table = parameterTable(target);
  const silent = [...fresh].filter((layer) => !table.some((spec) => spec.layer === layer && spec.writes === "stream"));
  if (silent.length === 0) return;
  const message = `the family ${target.family.name} does not say what writes to the residual stream in these layers`;
  throw new CambiumError("E_FAMILY_STREAM", message, {
    where: `target layers ${silent.slice(0, 8).join(", ")}`,
    expected: "projections of attention and MLP by names that are known",
    hint: "a package cambium-family-… for this model can say it",
  });
}
