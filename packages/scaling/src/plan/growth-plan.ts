// Ways to spend a budget on one target model by growing: what each costs, and what it has been measured to save.
import { CambiumError } from "@cambium/ir";
import { billions } from "@cambium/ir/figures";
import { countParameters, grownModel, type ModelSpec, modelSizes } from "@cambium/model";
import { growthFactor } from "../factor.js";
import { growthTiming, paperTiming, timingEquation } from "../timing.js";
import { stepLaw, stepLawBox } from "./step-law.js";

/** A number of the plan, with its formula and source. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly formula: string;
  readonly source: string;
}

/** A way of growing to the target that spends the whole budget. */
export interface GrowthWay {
  readonly name: "stack" | "late" | "middle";
  readonly title: string;
  readonly base: ModelSpec;
  readonly operator: { readonly name: string; readonly options: Readonly<Record<string, string>> };
  /** g: non-embedding parameters of the target over the base's. */
  readonly factor: number;
  /** d, tokens before growth. */
  readonly baseTokens: number;
  /** Tokens after growth, such that the whole budget is spent. */
  readonly targetTokens: number;
  readonly flops: { readonly base: number; readonly target: number };
  readonly training: {
    readonly schedule: { readonly name: string; readonly decay?: number };
    readonly policy: "restart" | "continue" | "rewarm";
    /** What becomes of AdamW's moments, by its name in recipes. */
    readonly moments: string;
    /** Warm-up tokens of the base and after growth. */
    readonly warmup: readonly [base: number, grown: number];
    readonly lr: readonly [base: number, grown: number];
    readonly batchTokens: number;
  };
  /** Published speed-ups at equal loss: compute from scratch over compute grown, minus 1; null if there are none. */
  readonly saving: { readonly low: number; readonly high: number } | null;
  /** The models and budgets that the saving was measured on. */
  readonly regime: string;
  /** Whether the target's size and the budget lie in that regime, as far as its source gives them. */
  readonly inRegime: { readonly size: boolean; readonly budget: boolean | "not published" };
  /** Why this way or its formula does not fully apply here, and what the plan does instead. */
  readonly advice: readonly string[];
  readonly figures: readonly Figure[];
}

export interface PlanInput {
  readonly target: ModelSpec;
  /** N, if it differs from the target's parameter count, as the nominal size "7B" does. */
  readonly nominal?: number | undefined;
  /** C, FLOPs of the whole run. */
  readonly flops: number;
}

const dues = "Du et al. 2024";
const late = "arXiv 2511.04981";
const middle = "arXiv 2609.19107";

/** @throws CambiumError `E_SCALING_INPUT` for a target of fewer than 4 layers */
export function planGrowth({ target, nominal, flops }: PlanInput): GrowthWay[] {
  const parameters = nominal ?? countParameters(target).total;
  const { layers } = modelSizes(target);
  if (layers < 4)
    throw new CambiumError("E_SCALING_INPUT", "the target is too shallow to grow to", {
      expected: "4 layers or more",
      got: `${layers}`,
    });
  const plan = { target, parameters, flops, layers };
  return [stackWay(plan), lateWay(plan), middleWay(plan)];
}

interface Plan {
  readonly target: ModelSpec;
  readonly parameters: number;
  readonly flops: number;
  readonly layers: number;
}

function stackWay({ target, parameters, flops, layers }: Plan): GrowthWay {
  const divisor = [4, 3, 2].find((g) => layers % g === 0 && layers / g >= 2);
  const base = withLayers(target, divisor === undefined ? Math.ceil(layers / 4) : layers / divisor);
  const depth = modelSizes(base).layers;
  const factor = growthFactor(base, target);
  const timing = growthTiming({ parameters, flops, factor });
  const tokens = flops / (6 * parameters);
  const d = timing.valid ? timing.value : timing.suggestion;
  const equation = timingEquation(paperTiming, parameters, flops);
  const advice = [
    ...(timing.valid
      ? []
      : [
          `eq. 10 gives ${billions(equation)} base tokens and does not apply: ${timing.reason}; this plan uses a tenth of the tokens`,
        ]),
    ...(divisor === 4
      ? []
      : [
          `${layers} layers from ${depth}: the measured runs had a base of exactly a quarter of the layers, at least 2`,
        ]),
  ];
  const shared = common(plan(base, target, parameters, flops, d));
  const laws = [stepLaw(shared.n.nonEmbedding, d), stepLaw(shared.N.nonEmbedding, tokens)] as const;
  return {
    name: "stack",
    title: timing.valid ? "G_stack at eq. 10" : "G_stack at a tenth of the tokens",
    base,
    operator: { name: "stack", options: {} },
    factor,
    ...shared.spent,
    training: {
      schedule: { name: "cosine" },
      policy: "restart",
      moments: "reset",
      warmup: [0.01 * d, 0.01 * tokens],
      lr: [laws[0].lr, laws[1].lr],
      batchTokens: laws[1].batchTokens,
    },
    saving: { low: 0.31, high: 0.553 },
    regime: `${dues}: 0.41 to 7 B parameters, 1e20 to 1e22 FLOPs, one seed`,
    inRegime: {
      size: parameters >= 0.4e9 && parameters <= 8e9,
      budget: timing.valid && flops >= 5e19 && flops <= 2e22,
    },
    advice: [...advice, ...stepLawAdvice(shared.N.nonEmbedding, tokens)],
    figures: [
      figure("layers of the base", depth, `layers / ${divisor ?? 4}, rounded up`, `${dues}, section 4.3: g = 4`),
      figure(
        "d",
        d,
        timing.valid ? "10^(0.88·log10 N + 163.27 / log10 C − 5.74)" : "0.1·D",
        timing.valid ? `${dues}, eq. 2 (eq. 10 of v1)` : `${dues}: 10 B of 100 B tokens`,
      ),
      ...shared.figures,
      ...lawFigures(shared.N.nonEmbedding, tokens),
      figure("lr of the base", laws[0].lr, rateFormula("n", "d"), "Step Law, arXiv 2503.04715"),
      figure("warm-up of the base, tokens", 0.01 * d, "d / 100", "the recipes of this plan"),
      figure("warm-up after growth, tokens", 0.01 * tokens, "D / 100", "the recipes of this plan"),
      ...savingFigures({ low: 0.31, high: 0.553 }, `${dues}, 410M at 700 B tokens and 7B at 220 B tokens`),
    ],
  };
}

function lateWay({ target, parameters, flops }: Plan): GrowthWay {
  const base = withLayers(target, 1);
  const share = 0.8;
  const tokens = flops / (6 * (share * countParameters(base).total + (1 - share) * parameters));
  const shared = common(plan(base, target, parameters, flops, share * tokens));
  const law = stepLaw(shared.N.nonEmbedding, tokens);
  const equal = share * (shared.n.total / parameters) + (1 - share);
  return {
    name: "late",
    title: "late growth on an uninterrupted WSD schedule",
    base,
    operator: { name: "stack", options: {} },
    factor: growthFactor(base, target),
    ...shared.spent,
    training: {
      schedule: { name: "wsd", decay: 0.1 * tokens },
      policy: "continue",
      moments: "zero-new",
      warmup: [0.02 * tokens, 0],
      lr: [law.lr, law.lr],
      batchTokens: law.batchTokens,
    },
    saving: null,
    regime: `${late}: a base of 0 or 1 layers, one growth at about 80 % of the steps; compared at equal tokens`,
    inRegime: { size: false, budget: false },
    advice: [
      `at equal tokens it would take ${percent(equal)} of the FLOPs of training from scratch; with all FLOPs it trains on ${billions(tokens)} tokens`,
      "the learning rate must suit both models, so it is the target's",
      ...stepLawAdvice(shared.N.nonEmbedding, tokens),
    ],
    figures: [
      figure("layers of the base", 1, "0 or 1", late),
      figure("share before growth", share, "about 0.8 of the steps", late),
      figure("d", share * tokens, "0.8·D′ with C = 6·(0.8·n + 0.2·N)·D′", late),
      figure("FLOPs at equal tokens", equal, "(0.8·n + 0.2·N) / N", "arithmetic"),
      figure("warm-up, tokens", 0.02 * tokens, "0.02·D′", late),
      figure("decay, tokens", 0.1 * tokens, "0.1·D′", late),
      ...shared.figures,
      ...lawFigures(shared.N.nonEmbedding, tokens),
    ],
  };
}

function middleWay({ target, parameters, flops, layers }: Plan): GrowthWay {
  // A base in thirds, whose core is repeated four times: layers = base + 3·core, so the core is a sixth of the layers.
  const core = Math.max(1, Math.min(Math.floor((layers - 2) / 4) || 1, Math.round(layers / 6)));
  const before = Math.max(0, Math.floor((layers - 4 * core) / 2));
  const depth = layers - 2 * core;
  const base = withLayers(target, depth);
  const after = 0.271;
  const tokens = flops / (6 * ((1 - after) * countParameters(base).total + after * parameters));
  const shared = common(plan(base, target, parameters, flops, (1 - after) * tokens));
  const law = stepLaw(shared.N.nonEmbedding, tokens);
  const steps = 40 * law.batchTokens;
  return {
    name: "middle",
    title: "middle stacking by share of tokens",
    base,
    operator: { name: "explicit", options: { map: `0-${before + 2 * core - 1},${before}-${depth - 1}` } },
    factor: growthFactor(base, target),
    ...shared.spent,
    training: {
      schedule: { name: "linear" },
      policy: "rewarm",
      moments: "zero-new",
      warmup: [steps, steps],
      lr: [law.lr, law.lr],
      batchTokens: law.batchTokens,
    },
    saving: { low: 0.304, high: 0.553 },
    regime: `${middle}: a ladder of small models of depth coordinate 8 to 20 (16 to 40 layers), one seed each; learning rates tuned for each`,
    inRegime: { size: layers >= 16 && layers <= 40 && parameters < 2e9, budget: "not published" },
    advice: [
      "the published models also normalise the residual stream before each core, which gives part of the saving and is not a Llama",
      ...(before < 1 ? ["the target is too shallow for a prelude: the whole base is stacked"] : []),
      ...stepLawAdvice(shared.N.nonEmbedding, tokens),
    ],
    figures: [
      figure("share after growth", after, "the minimum of a parabola over the share", middle),
      figure("core", core, "layers / 6, rounded", `${middle}: thirds, with the core four times`),
      figure("layers of the base", depth, "layers − 2·core", `${middle}: thirds, with the core twice`),
      figure("warm-up, tokens", steps, "40 steps, and 40 again at growth", middle),
      ...savingFigures({ low: 0.304, high: 0.553 }, `${middle}, compute multipliers 1.304 at d8 to 1.553 at d20`),
      figure("d", (1 - after) * tokens, "(1 − 0.271)·D′ with C = 6·(0.729·n + 0.271·N)·D′", middle),
      ...shared.figures,
      ...lawFigures(shared.N.nonEmbedding, tokens),
    ],
  };
}

function plan(base: ModelSpec, target: ModelSpec, parameters: number, flops: number, d: number) {
  return { base, target, parameters, flops, d };
}

/** The costs that every way shares: C₁ = 6·n·d for the base, and the rest of C for the target. */
function common({ base, target, parameters, flops, d }: ReturnType<typeof plan>) {
  const [n, N] = [countParameters(base), countParameters(target)];
  const first = 6 * n.total * d;
  const targetTokens = (flops - first) / (6 * parameters);
  return {
    n,
    N,
    spent: { baseTokens: d, targetTokens, flops: { base: first, target: flops - first } },
    figures: [
      figure("N", parameters, "as given, else all parameters of the target", "the target"),
      figure(
        "g",
        growthFactor(base, target),
        "N / n without embeddings",
        `counted; ${dues}, section 4.3: 2 to 4 are best`,
      ),
      figure("n", n.total, "all parameters of the base", "counted"),
      figure("C", flops, "as given; 6·N·D of tokens; hours × peak × devices × MFU", "the budget"),
      figure("C₁", first, "6·n·d", dues),
      figure("C₂", flops - first, "C − C₁", dues),
      figure("tokens after growth", targetTokens, "C₂ / (6·N)", dues),
    ],
  };
}

function savingFigures({ low, high }: NonNullable<GrowthWay["saving"]>, source: string): Figure[] {
  const formula = "compute from scratch over compute grown at equal loss, minus 1";
  return [figure("saving, least", low, formula, source), figure("saving, most", high, formula, source)];
}

function lawFigures(parameters: number, tokens: number): Figure[] {
  const { lr, batchTokens } = stepLaw(parameters, tokens);
  const source = "Step Law, arXiv 2503.04715";
  return [
    figure("lr", lr, `${rateFormula("N", "D")}, N without embeddings`, source),
    figure("batch, tokens", batchTokens, "0.58·D^0.571", source),
  ];
}

function rateFormula(parameters: string, tokens: string): string {
  return `1.79·${parameters}^−0.713·${tokens}^0.307, at most its value at the nearest point of the law's box`;
}

function stepLawAdvice(parameters: number, tokens: number): string[] {
  if (stepLaw(parameters, tokens).inside) return [];
  const { parameters: n, tokens: d } = stepLawBox;
  return [
    `Step Law is extrapolated: it was fitted to ${billions(n[0])} to ${billions(n[1])} parameters and ${billions(d[0])} to ${billions(d[1])} tokens; the rate is at most that of the nearest point there`,
  ];
}

function figure(name: string, value: number, formula: string, source: string): Figure {
  return { name, value, formula, source };
}

function percent(ratio: number): string {
  return `${(100 * ratio).toPrecision(3)} %`;
}

function withLayers(target: ModelSpec, layers: number): ModelSpec {
  return grownModel(target, { layers });
}
