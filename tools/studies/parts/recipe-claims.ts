// The claims of the recipes study: each arm compared with scratch and with the best flat model.
import type { Claim, Table } from "./page.js";
import { below, difference, lossOf, said, spread } from "./seeds.js";
import type { Row } from "./sweep.js";

export interface Arm {
  readonly name: string;
  /** The best learning rate for the first seed. */
  readonly rate: string;
  /** All rates, with the first seed. */
  readonly tried: readonly Row[];
  /** The best rate, with all seeds. */
  readonly rows: readonly Row[];
}

const sources: Readonly<Record<string, string>> = {
  "G_stack, restart": "Du et al. 2024",
  "late growth, continue": "arXiv 2511.04981",
  "middle stacking, rewarm": "arXiv 2609.19107",
  "plain stack at half": "arXiv 2609.19107",
  MIDAS: "Saunshi et al. 2024",
  LIDAS: "arXiv 2512.08819",
};

/** @param flat the best of the flat models of fewer parameters */
export function recipeClaims(arms: readonly Arm[], flat: Arm): Claim[] {
  const scratch = arms.find(({ name }) => name === "scratch") as Arm;
  return arms.flatMap((arm): Claim[] => {
    const source = sources[arm.name];
    if (source === undefined) return [];
    const found = difference(arm.rows, scratch.rows);
    const other = said(difference(arm.rows, flat.rows));
    return [
      {
        claim: `${arm.name}: a lower loss than from scratch at equal FLOPs.`,
        source,
        verdict: below(found),
        found: `Minus scratch: ${said(found)}. Minus the best flat model (${flat.name}): ${other}.`,
      },
    ];
  });
}

export function recipeTable(arms: readonly Arm[], flat: Arm): Table {
  const scratch = arms.find(({ name }) => name === "scratch") as Arm;
  return {
    title: "Final held-out loss, nats per token",
    head: [
      "arm",
      "parameters",
      "tokens",
      "FLOPs",
      "rate",
      "loss by rate, first seed",
      "loss",
      "less scratch",
      `less ${flat.name}`,
    ],
    rows: arms.map((arm) => {
      const { name, rate, tried, rows } = arm;
      const [first] = rows;
      return [
        name,
        String(first?.nonEmbeddingParameters ?? ""),
        String(first?.tokens ?? ""),
        first?.flops.toExponential(2) ?? "",
        rate,
        tried.map((row) => `${row["train.lr"]}: ${row.loss.toFixed(4)}`).join(", "),
        rows.length > 0 ? spread(lossOf(rows)) : "failed",
        arm === scratch ? "" : said(difference(rows, scratch.rows)),
        arm === flat ? "" : said(difference(rows, flat.rows)),
      ];
    }),
    note: "Parameters outside the embeddings. The rate is chosen by the loss that is reported, with one seed of those reported.",
  };
}
