// `npm run study -- scaling`: is growth scalable? Loss against FLOPs at several sizes, grown and from scratch, over
// seeds, with power laws fitted with a floor that both share and one for each (Du et al. 2024, section 4.1 and figures
// 5 to 8).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { linesChart } from "@cambium/report/page-parts";
import { studyOptions } from "./parts/options.js";
import { machineFacts, studyPage } from "./parts/page.js";
import { scalingClaims, scalingTables } from "./parts/scaling-claims.js";
import { groupBy, lossOf } from "./parts/seeds.js";
import { type Row, sweep } from "./parts/sweep.js";

interface Size {
  readonly hidden: number;
  readonly tokens: number;
}

/** Tokens grow with the parameters, but more slowly, to keep a quick study within its budget. */
const quick: readonly Size[] = [
  { hidden: 24, tokens: 60_000 },
  { hidden: 32, tokens: 90_000 },
  { hidden: 48, tokens: 140_000 },
  { hidden: 64, tokens: 220_000 },
];
const full: readonly Size[] = [
  { hidden: 64, tokens: 800_000 },
  { hidden: 96, tokens: 1_600_000 },
  { hidden: 128, tokens: 3_000_000 },
  { hidden: 192, tokens: 6_000_000 },
  { hidden: 256, tokens: 11_000_000 },
];

/** 2 layers grown to 8 by G_stack after a tenth of the FLOPs: the paper's ratio, because its equation is out of range. */
function recipeOf({ hidden, tokens }: Size): object {
  return {
    data: { corpus: "moby-dick", tokenizer: "bytes" },
    model: {
      layers: 2,
      hidden,
      heads: Math.max(2, Math.floor(hidden / 16)),
      intermediate: 8 * Math.round(hidden / 3),
      context: 64,
    },
    growth: [{ operator: "stack", factor: 4, at: { share: 0.1 }, warmup: 0 }],
    train: {
      tokens,
      batch: 16,
      lr: Number((3e-3 * Math.sqrt(24 / hidden)).toPrecision(3)),
      warmup: Math.round(tokens / 20),
      schedule: "cosine",
    },
    samples: { tokens: 0 },
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const options = studyOptions(
    "scaling",
    "Loss against FLOPs at several sizes, grown and from scratch, with power laws.",
    args,
  );
  const rows: Row[] = [];
  for (const size of options.full ? full : quick) {
    const flags = ["--over", `seed=0..${options.seeds - 1}`, ...options.flags];
    for (const row of await sweep(options.folder, `width-${size.hidden}`, recipeOf(size), flags)) rows.push(row);
  }
  const path = join(options.folder, "scaling.html");
  writeFileSync(path, await page(rows, options.full));
  console.log(`Study: ${path}`);
}

async function page(rows: readonly Row[], isFull: boolean): Promise<string> {
  const claims = scalingClaims(rows);
  const arms = ["grown", "scratch"];
  const svg = await linesChart(
    arms.map((arm) => ({
      colour: arm,
      line: true,
      dots: true,
      points: [
        ...groupBy(
          rows.filter((row) => row.arm === arm),
          (row) => row.nonEmbeddingParameters,
        ),
      ].map(([, own]) => ({
        x: own.reduce((sum, { flops }) => sum + flops, 0) / own.length,
        y: lossOf(own).mean,
      })),
    })),
    {
      id: "scaling",
      title: "Final held-out loss against training FLOPs",
      description: claims.map(({ found }) => found).join(" "),
      x: "training FLOPs, base included",
    },
    { x: "log", y: "linear" },
  );
  return studyPage({
    title: "Is growth scalable?",
    question: "Grown and from-scratch models at equal FLOPs, larger and larger, and the laws through them.",
    facts: [
      ...machineFacts(),
      isFull ? "full form" : "quick form",
      "Moby-Dick in bytes, 2 layers grown to 8 by G_stack after a tenth of the FLOPs",
    ],
    claims,
    sections: [
      {
        title: "Loss against compute",
        text: "Means over seeds. Every point is a run to the end of its own schedule; the base is counted in.",
        charts: [
          { caption: "Final held-out loss, nats per token", legend: arms.map((name) => ({ name, colour: name })), svg },
        ],
        tables: scalingTables(rows),
      },
    ],
  });
}
