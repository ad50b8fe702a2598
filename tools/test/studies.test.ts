// The verdicts of studies on tables with known answers. The studies themselves are run by hand.
import { describe, expect, it } from "vitest";
import { scalingClaims } from "../studies/parts/scaling-claims.js";
import type { Row } from "../studies/parts/sweep.js";
import { type Measured, timingClaims } from "../studies/parts/timing-claims.js";

const plain = {
  ...{ cell: "", parameters: 1, tokens: 1, baseTokens: null, share: null, connectionRate: null },
  ...{ nonEmbeddingParameters: 1, flops: 1e10, speedup: null },
} as const;
const seeds = [0, 1, 2];
/** Small noise, different for each seed. */
const off = (seed: number, of: number) => 1e-3 * Math.sin(7 * seed + 3 * of);
const row = (seed: number, arm: string, loss: number, more: Partial<Row> = {}): Row => ({
  ...plain,
  state: "done",
  ...{ seed: String(seed), arm, loss: loss + off(seed, loss) },
  ...more,
});

describe("the scaling study", () => {
  const rows = (gap: number) =>
    seeds.flatMap((seed) =>
      [1, 2, 3, 4].flatMap((size) => {
        const flops = 1e10 * 4 ** size;
        const scratch = 1.7 + 1.4 * 4 ** (-0.2 * size);
        const more = { nonEmbeddingParameters: size, flops };
        return [
          row(seed, "grown", scratch - gap, { ...more, speedup: 0.5 + off(seed, size) }),
          row(seed, "scratch", scratch, more),
        ];
      }),
    );

  it("finds a gap if there is one, and none otherwise", () => {
    expect(scalingClaims(rows(0.1)).map(({ verdict }) => verdict)).toEqual([
      "as the paper",
      "no difference",
      "as the paper",
    ]);
    expect(scalingClaims(rows(0))[0]?.verdict).toBe("no difference");
    expect(scalingClaims(rows(-0.1)).map(({ verdict }) => verdict)).toEqual([
      "against the paper",
      "no difference",
      "against the paper",
    ]);
  });
});

describe("the timing study", () => {
  const grid = (budget: string, best: number) =>
    seeds.flatMap((seed) =>
      [-0.8, -0.4, 0, 0.4, 0.8].map((x) => {
        const more = { budget, baseTokens: 1e4 * 10 ** x, share: 0.5, "growth.0.at": String(x) };
        return row(seed, "grown", 2 + 0.3 * (x - best) ** 2, more);
      }),
    );
  const measured: Measured = {
    when: [
      ...grid("1e10", 0.2),
      ...grid("1e11", -0.2),
      ...seeds.map((seed) => row(seed, "scratch", 2.5, { budget: "1e11" })),
    ],
    factor: [
      ...seeds.map((seed) => row(seed, "grown", 2.2, { "model.layers": "1", budget: "1e11" })),
      ...seeds.map((seed) => row(seed, "grown", 2.0, { "model.layers": "2", budget: "1e11" })),
      ...seeds.map((seed) => row(seed, "grown", 2.1, { "model.layers": "4", budget: "1e11" })),
    ],
    hops: seeds.map((seed) => row(seed, "grown", 1.9)),
    between: seeds.flatMap((seed) => [row(seed, "grown", 2), row(seed, "interpolation", 2)]),
    ranking: [0.9, 0.7, 0.5].flatMap((rate, i) =>
      seeds.map((seed) => row(seed, `operator-${i}`, 2 + 0.1 * i, { connectionRate: rate })),
    ),
  };

  it("gives the right verdict for each claim", () => {
    expect(timingClaims(measured).map(({ verdict }) => verdict)).toEqual([
      "as the paper", // A bottom at each budget.
      "as the paper", // It falls.
      "as the paper", // Factor 4 below factor 8.
      "against the paper", // Two hops ended lower than one.
      "no difference", // Stacking and interpolation alike.
      "as the paper", // R_c.
    ]);
  });
});
