// `npm run study -- timing`: when to grow, by how much and how. IsoFLOP grids over d and over g, operators ranked by
// R_c, gradual growth against one hop, interpolation against stacking (Du et al. 2024, sections 4.2 and 4.3 and
// appendices).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { studyOptions } from "./parts/options.js";
import { type Row, sweep } from "./parts/sweep.js";
import type { Measured } from "./parts/timing-claims.js";
import { timingPage } from "./parts/timing-page.js";

interface Form {
  readonly hidden: number;
  /** FLOPs of an arm; everything but the grid over d uses the last one. */
  readonly budgets: readonly string[];
}

const quick: Form = { hidden: 32, budgets: ["4e10", "1e11"] };
const full: Form = { hidden: 96, budgets: ["3e12", "1e13", "3e13"] };

/** 8 layers at the end, whatever it begins with. `train.tokens` is set by each budget. */
function recipeOf({ hidden }: Form, more: object): object {
  return {
    data: { corpus: "moby-dick", tokenizer: "bytes" },
    model: { layers: 2, hidden, heads: hidden / 16, intermediate: 8 * Math.round(hidden / 3), context: 64 },
    growth: [{ operator: "stack", layers: 8, at: { share: 0.1 } }],
    train: {
      tokens: 100_000,
      batch: 16,
      lr: Number((3e-3 * Math.sqrt(24 / hidden)).toPrecision(3)),
      schedule: "cosine",
    },
    samples: { tokens: 0 },
    compare: [],
    ...more,
  };
}

const gradual = [
  { operator: "stack", layers: 4, at: { share: 0.05 } },
  { operator: "stack", layers: 8, at: { share: 0.1 } },
];

/** 6 layers grown to 12: R_c from 11/11 down to 5/11. */
const patterns = ["12-345x7-6", "123-456x7", "1234-56x10", "12-34x10-56", "1-234x7-56", "123x7-456"];
const ranking = (form: Form) =>
  recipeOf(form, {
    model: {
      ...(recipeOf(form, {}) as { model: object }).model,
      layers: 6,
    },
    growth: [{ operator: "stack", factor: 2, at: { share: 0.15 } }],
    variants: [...patterns.map((pattern) => `partial-${pattern}`), "interpolation"],
  });

export async function main(args: readonly string[]): Promise<void> {
  const about = "When to grow, by how much, and how: d, g, R_c, gradual growth and interpolation at equal FLOPs.";
  const options = studyOptions("timing", about, args);
  const form = options.full ? full : quick;
  const last = form.budgets.at(-1) as string;
  const run = (name: string, recipe: object, vary: string, budgets: readonly string[] = [last]): Promise<Row[]> => {
    const flags = ["--iso-flop", budgets.join(","), "--vary", vary, "--over", `seed=0..${options.seeds - 1}`];
    return sweep(options.folder, name, recipe, [...flags, ...options.flags]);
  };
  const shares = "growth.0.at={share: 0.03},{share: 0.07},{share: 0.15},{share: 0.3},{share: 0.5}";
  const measured: Measured = {
    when: await run("when", recipeOf(form, { compare: ["scratch"] }), shares, form.budgets),
    factor: await run("factor", recipeOf(form, {}), "model.layers=1,2,4"),
    hops: await run("hops", recipeOf(form, { growth: gradual }), "model.layers=2"),
    between: await run("between", recipeOf(form, { variants: ["interpolation"] }), "model.layers=2"),
    ranking: await run("ranking", ranking(form), "model.layers=6"),
  };
  const path = join(options.folder, "timing.html");
  writeFileSync(path, await timingPage(measured, options.full));
  console.log(`Study: ${path}`);
}
