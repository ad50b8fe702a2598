// `npm run study -- operators`: the eight atomic operators and training from scratch, beside the table of Du et al.
// 2024 (figure 3). Both bases grow to one target, a quarter of its size each: in depth, and in width.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { atomicClaims, atomicTable, figure3 } from "./parts/operator-claims.js";
import { studyOptions } from "./parts/options.js";
import { machineFacts, studyPage } from "./parts/page.js";
import { sweep } from "./parts/sweep.js";

interface Form {
  readonly hidden: number;
  readonly layers: number;
  readonly tokens: number;
  /** LiGO's steps; its paper has 100, which here would cost the arm's whole budget. */
  readonly fitSteps: number;
}

const quick: Form = { hidden: 64, layers: 8, tokens: 80_000, fitSteps: 8 };
const full: Form = { hidden: 128, layers: 12, tokens: 3_000_000, fitSteps: 100 };

function recipeOf({ tokens }: Form, model: object, [first, ...others]: readonly (readonly [string, object])[]): object {
  const [operator, options] = first as readonly [string, object];
  return {
    data: { corpus: "moby-dick", tokenizer: "bytes" },
    model: { ...model, headDim: 16, context: 64 },
    growth: [{ operator, options, at: { share: 0.1 } }],
    variants: others.map(([operator, options]) => ({ operator, options })),
    train: { tokens, batch: 16, lr: 2e-3, warmup: Math.round(tokens / 20), schedule: "cosine" },
    samples: { tokens: 0 },
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const about = "The eight atomic growth operators and training from scratch, beside the paper's table.";
  const { full: isFull, folder, seeds, flags } = studyOptions("operators", about, args);
  const form = isFull ? full : quick;
  const { hidden, layers, fitSteps, tokens } = form;
  const heads = hidden / 16;
  const intermediate = 8 * Math.round((hidden * 8) / 3 / 8);
  const masks = { maskTokens: Math.round(tokens / 8), phases: "together" };
  const fit = { fitSteps };
  const depth = { layers };
  const width = { hidden, heads, kvHeads: heads, intermediate };
  const deepen = recipeOf(form, { layers: layers / 4, hidden, heads, intermediate }, [
    ["stack", depth],
    ["zero-depth", depth],
    ["random-masked", { ...depth, ...masks, newLayers: "copy" }],
    ["learn", { ...depth, ...fit }],
  ]);
  const widen = recipeOf(form, { layers, hidden: hidden / 2, heads: heads / 2, intermediate: intermediate / 2 }, [
    ["direct-width", width],
    ["zero-width", width],
    ["random-masked", { ...width, ...masks }],
    ["learn", { ...width, ...fit }],
  ]);
  const seedFlags = ["--over", `seed=0..${seeds - 1}`, ...flags];
  const up = await sweep(folder, "depth", deepen, seedFlags);
  const across = await sweep(folder, "width", widen, seedFlags);
  const path = join(folder, "operators.html");
  const measured = { up, across };
  writeFileSync(
    path,
    studyPage({
      title: "Eight operators and scratch",
      question:
        "Direct, zero, random and learned growth, up and across, at the FLOPs of training the target from scratch.",
      facts: [
        ...machineFacts(),
        isFull ? "full form" : "quick form",
        `Moby-Dick in bytes; ${layers} layers × ${hidden} from ${layers / 4} × ${hidden} and ${layers} × ${hidden / 2}, after a tenth of the FLOPs; LiGO fits ${fitSteps} steps, which count`,
      ],
      claims: atomicClaims(measured),
      sections: [
        {
          title: "All of them",
          text: "Here: final held-out loss and speed-up at equal loss over scratch, mean ± deviation over seeds [95 %]. The paper: 1.1 billion parameters, 8e20 FLOPs, one seed.",
          tables: [atomicTable(measured), figure3],
        },
      ],
    }),
  );
  console.log(`Study: ${path}`);
}
