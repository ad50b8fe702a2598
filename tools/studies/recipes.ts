// `npm run study -- recipes`: growth recipes of 2019 to 2026 at equal FLOPs, against the target from scratch and
// against a flat model of fewer parameters that the FLOPs suit better. The learning rate is tuned for each arm.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { studyOptions } from "./parts/options.js";
import { machineFacts, studyPage } from "./parts/page.js";
import { type Arm, recipeClaims, recipeTable } from "./parts/recipe-claims.js";
import { lossOf } from "./parts/seeds.js";
import { type Row, sweep } from "./parts/sweep.js";

interface Form {
  readonly hidden: number;
  /** Tokens of the arm from scratch; every arm gets its FLOPs. */
  readonly tokens: number;
  readonly rates: readonly number[];
}

const quick: Form = { hidden: 48, tokens: 60_000, rates: [1e-3, 2e-3, 4e-3] };
const full: Form = { hidden: 128, tokens: 2_000_000, rates: [3e-4, 6e-4, 1e-3, 2e-3, 4e-3] };

/** Rates that are tried beyond a form's, at most, if the best is still the last. */
const furthest = 4;

/** @returns ascending `rates`, and one beyond the end at which `best` lies: the best of a grid's end is not tuned */
function aroundBest(rates: readonly number[], best: number): readonly number[] {
  if (best === rates[0]) return [best / 2, ...rates];
  return best === rates.at(-1) ? [...rates, best * 2] : rates;
}

/** Layers at the end, whatever an arm begins with. */
const target = 8;

interface Plan {
  readonly name: string;
  readonly layers: number;
  readonly growth?: readonly object[];
  readonly train?: object;
}

/** Old layers keep their moments, copies begin at zero, and the rate warms up again within one decay. */
const rewarmed = (form: Form) => ({ moments: "zero-new", schedule: "rewarm", warmup: Math.round(form.tokens / 40) });
const onward = { moments: "carry", schedule: "continue" };

function plans(form: Form): Plan[] {
  const linear = { schedule: "linear" };
  const steps = (operator: string) => [0.05, 0.15, 0.35].map((share) => ({ operator, at: { share }, ...onward }));
  return [
    { name: "scratch", layers: target },
    { name: "G_stack, restart", layers: 2, growth: [{ operator: "stack", factor: 4, at: { share: 0.1 } }] },
    {
      name: "late growth, continue",
      layers: 1,
      // This share of the FLOPs is four fifths of the tokens.
      growth: [{ operator: "stack", factor: 8, at: { share: 0.45 }, moments: "zero-new", schedule: "continue" }],
      train: { schedule: { name: "wsd", decay: Math.round(form.tokens / 4) } },
    },
    {
      name: "middle stacking, rewarm",
      layers: 6,
      growth: [{ operator: "explicit", at: { share: 0.65 }, options: { map: "0-1,2-3x2,4-5" }, ...rewarmed(form) }],
      train: linear,
    },
    { name: "MIDAS", layers: 2, growth: steps("midas") },
    { name: "LIDAS", layers: 2, growth: steps("lidas") },
    {
      name: "plain stack at half",
      layers: 4,
      growth: [{ operator: "stack", factor: 2, at: { share: 0.34 }, ...rewarmed(form) }],
      train: linear,
    },
  ];
}

function recipeOf({ hidden, tokens }: Form, { layers, growth = [], train = {} }: Plan): object {
  return {
    data: { corpus: "moby-dick", tokenizer: "bytes" },
    model: { layers, hidden, heads: hidden / 16, intermediate: 8 * Math.round(hidden / 3), context: 64 },
    growth,
    train: { tokens, batch: 16, lr: 1e-3, warmup: Math.round(tokens / 20), schedule: "cosine", ...train },
    compare: [],
    samples: { tokens: 0 },
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const about =
    "Growth recipes at equal FLOPs, against scratch and a flat model of fewer parameters, rates tuned per arm.";
  const { full: isFull, folder, seeds, flags } = studyOptions("recipes", about, args);
  const form = isFull ? full : quick;
  const arms: Arm[] = [];
  /** Trains every rate with the first seed, further ones while the best is the last, then the best with all seeds. */
  const tuned = async (name: string, recipe: object, more: readonly string[] = []): Promise<Arm> => {
    const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    const at = (rates: readonly (number | string)[], last: number) => [
      ...["--over", `train.lr=${rates.join(",")}`, "--over", `seed=0..${last}`, ...more, ...flags],
    ];
    const best = (rows: readonly Row[]) =>
      Number(rows.reduce((least, one) => (one.loss < least.loss ? one : least))["train.lr"]);
    let rates = form.rates;
    let tried = await sweep(folder, file, recipe, at(rates, 0));
    while (rates.length < form.rates.length + furthest) {
      const wider = aroundBest(rates, best(tried));
      if (wider === rates) break;
      rates = wider;
      tried = await sweep(folder, file, recipe, at(rates, 0));
    }
    const rate = best(tried);
    const arm = { name, rate: String(rate), tried, rows: await sweep(folder, file, recipe, at([rate], seeds - 1)) };
    arms.push(arm);
    return arm;
  };
  const [scratch, ...others] = plans(form) as [Plan, ...Plan[]];
  const flops = (await tuned(scratch.name, recipeOf(form, scratch))).rows[0]?.flops ?? 0;
  for (const plan of others) await tuned(plan.name, recipeOf(form, plan));
  // Flat models of smaller depths at the same FLOPs; the best is the one that suits these FLOPs.
  const flat: Arm[] = [];
  for (const layers of [1, 2, 4]) {
    const name = `flat, ${layers} layer${layers === 1 ? "" : "s"}`;
    const budget = ["--iso-flop", flops.toPrecision(6), "--vary", `model.layers=${layers}`];
    flat.push(await tuned(name, recipeOf(form, { name, layers }), budget));
  }
  const best = flat.reduce((least, one) => (lossOf(one.rows).mean < lossOf(least.rows).mean ? one : least));
  const path = join(folder, "recipes.html");
  writeFileSync(
    path,
    studyPage({
      title: "Growth recipes at equal FLOPs",
      question:
        "Does growth beat the target from scratch, and does it beat the flat model that the same FLOPs suit best?",
      facts: [
        ...machineFacts(),
        isFull ? "full form" : "quick form",
        `Moby-Dick in bytes, ${target} layers × ${form.hidden} in the end, ${flops.toExponential(2)} FLOPs an arm`,
      ],
      claims: recipeClaims(arms, best),
      sections: [
        {
          title: "All arms",
          text:
            `Each rate of ${form.rates.join(", ")} with the first seed, twice or half of it while the best is at an ` +
            `end, then the best with ${seeds} seeds. Mean ± deviation [95 %].`,
          tables: [recipeTable(arms, best)],
        },
      ],
    }),
  );
  console.log(`Study: ${path}`);
}
