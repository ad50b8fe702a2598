// cambium fit on tables from elsewhere: columns by name, bad rows by line, laws and multipliers as JSON.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cambium, json, output } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-fit-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** 3 + 0.5·(C / 1e15)^−0.2 for `plain`, and the same with a quarter more compute for `grown`. */
const loss = (compute: number, gain = 1) => 3 + 0.5 * ((gain * compute) / 1e15) ** -0.2;
const computes = [1e14, 3e14, 1e15, 3e15, 1e16];
const ladder = write(
  "ladder.csv",
  [
    "run,arm,Training FLOPs,held-out loss",
    ...computes.map((c, i) => `p${i},plain,${c},${loss(c)}`),
    ...computes.map((c, i) => `g${i},grown,${c},${loss(c, 1.25)}`),
  ].join("\n"),
);

describe("cambium fit", () => {
  test("fits a shared floor and gives multipliers, columns found by their usual names", async () => {
    const fit = await json(
      "fit",
      ladder,
      "--group",
      "arm",
      "--scale",
      "1e15",
      "--baseline",
      "plain",
      "--bootstrap",
      "50",
    );
    expect(fit).toMatchObject({
      form: "power",
      columns: { x: ["Training FLOPs"], y: "held-out loss", group: "arm" },
      groups: {
        plain: { A: expect.closeTo(0.5, 6), gamma: expect.closeTo(0.2, 6), E: expect.closeTo(3, 6) },
        grown: {
          A: expect.closeTo(0.5 * 1.25 ** -0.2, 6),
          interval: { gamma: [expect.closeTo(0.2, 5), expect.closeTo(0.2, 5)] },
        },
      },
      warnings: [],
    });
    const { grown } = fit.multipliers as { grown: { compute: number; value: number | null }[] };
    expect(grown.map(({ compute }) => compute)).toEqual(computes);
    expect(grown[0]?.value).toBeNull();
    // ln C interpolated linearly in the loss, by hand. For γ = 0.2 and runs half a power of ten apart, this is off by at
    // most γ·t(1 − t)·h²/2 = 2.2 %, where h = ln 3.33 and t = ln 1.25 / h.
    for (const [i, { compute, value }] of [...grown.entries()].slice(1)) {
      const before = computes[i - 1] as number;
      const [from, to] = [loss(before, 1.25), loss(compute, 1.25)];
      const reached = before * (compute / before) ** ((loss(compute) - from) / (to - from));
      expect(value).toBeCloseTo(compute / reached, 9);
      expect(Math.abs((value as number) / 1.25 - 1)).toBeLessThan(0.022);
    }
    expect((fit.residuals as object[]).length).toBe(10);
    expect(await output("fit", ladder, "--group", "arm", "--e", "group:plain", "--bootstrap", "0")).toMatch(
      /grown.*0\.2 \[–\]/,
    );
  });

  test.each([
    ["quoted, spaced and with units", '"Arm" , "Compute (FLOPs)" , "Val Loss"', (c, l) => `"a, b" , ${c} , "${l}"`],
    ["of Excel in German", "\uFEFFArm;FLOPS;LOSS", (c, l) => `a;${c};${l}`.replaceAll(".", ",")],
    ["with thousands", "arm\tflops\tloss", (c, l) => `a\t${c.toLocaleString("en")}\t${l}`],
    ["with suffixes", "arm,C,loss", (c, l) => `a,${c / 1e12}T,${l}`],
  ] as readonly [string, string, (compute: number, loss: number) => string][])(
    "reads a table %s",
    async (_, header, line) => {
      const rows = computes.map((c) => line(c, Number(loss(c).toFixed(9))));
      const path = write("strange.csv", [header, ...rows].join("\r\n"));
      const { groups } = await json("fit", path, "--group", "arm", "--scale", "1e15", "--bootstrap", "0");
      const [fit] = Object.values(groups as Record<string, object>);
      expect(fit).toMatchObject({ A: expect.closeTo(0.5, 4), E: expect.closeTo(3, 4) });
    },
  );

  test.each([
    ["loss,flops,loss", "3,1e15,3", /--y: several columns have this name/],
    ["a,1e15,3.2", "a,1e16,3", /a first line that names the columns/],
    ["arm;flops;loss", "a;1e15;3,141", /line 2: loss\n.*positive number\n.*got: 3,141/],
    ["arm,flops,loss", "a,1e15,NaN", /line 2: loss\n.*positive number\n.*got: NaN/],
  ])("does not guess at %s", async (header, line, message) => {
    const { code, errors } = await cambium(["fit", write("guess.csv", `${header}\n${line}\n`)]);
    expect([code, errors]).toEqual([2, expect.stringMatching(message)]);
  });

  test("reads only the rows that --where chooses, so that one arm can be fitted alone", async () => {
    const fitted = async (...where: string[]) =>
      (await json("fit", ladder, "--scale", "1e15", "--bootstrap", "0", ...where)).residuals as { line: number }[];
    const chosen = await fitted("--where", "arm=grown", "--where", "training flops=1e14,3e14,1e15,3E15");
    expect(chosen.map(({ line }) => line)).toEqual([7, 8, 9, 10]);
    expect(await fitted("--where", "arm=grown,plain")).toHaveLength(10);
    const errors = async (where: string) => (await cambium(["fit", ladder, "--where", where])).errors;
    expect(await errors("arm=tall")).toMatch(/no row meets --where\n.*\n.*arm is one of plain, grown\n.*got: tall/);
    expect(await errors("leg=grown")).toMatch(/--where: no such column\n.*one of the columns run, arm/);
    expect(await errors("grown")).toMatch(/COLUMN=VALUE/);
  });

  test("fits the other forms", async () => {
    const rows = [1e16, 1e17, 1e18].flatMap((budget) =>
      [-0.5, -0.25, 0, 0.25, 0.5].map((x) => {
        const N = 0.05 * Math.sqrt(budget) * 10 ** x;
        return [budget, N, budget / (6 * N), 2 + 300 * N ** -0.35 + 500 * (budget / (6 * N)) ** -0.3].join(";");
      }),
    );
    const grid = write("grid.csv", `\uFEFFcompute;N;D;loss\r\n${rows.join("\r\n")}\r\n`);
    expect(await json("fit", grid, "--form", "chinchilla", "--bootstrap", "0")).toMatchObject({
      groups: {
        all: { alpha: expect.closeTo(0.35, 5), B: expect.closeTo(500, 1), projection: { E: expect.closeTo(2, 5) } },
      },
    });
    const flops = await json("fit", grid, "--form", "isoflop", "--bootstrap", "40");
    expect(Object.keys(flops.groups as object)).toEqual([
      "10000000000000000",
      "100000000000000000",
      "1000000000000000000",
    ]);
    // β / (α + β), as closely as a parabola fits it.
    expect(flops.law).toMatchObject({ exponent: expect.closeTo(0.3 / 0.65, 1) });
    const shares = [0.1, 0.3, 0.5, 0.7, 0.9].map((x) => `${x}\t${3 + (x - 0.5) ** 2}`);
    const timing = write("shares.tsv", `rho\tval_loss\n${shares.join("\n")}`);
    expect(await json("fit", timing, "--form", "timing")).toMatchObject({
      groups: { all: { minimum: expect.closeTo(0.5, 9) } },
    });
    const equation = [4e8, 1e9, 3e9].flatMap((N) =>
      [1e20, 3e20].flatMap((C) =>
        [-0.3, 0, 0.4].map((x) => {
          const d = 10 ** (0.9 * Math.log10(N) + 150 / Math.log10(C) - 5 + x);
          return `${N},${C},${d},${2 + x * x}`;
        }),
      ),
    );
    const paper = write("timing.csv", `params,C,base,loss\n${equation.join("\n")}`);
    expect(await json("fit", paper, "--form", "timing", "--x", "params,C,base", "--bootstrap", "0")).toMatchObject({
      groups: { all: { logParameters: expect.closeTo(0.9, 6), inverseLogFlops: expect.closeTo(150, 3) } },
    });
  });

  test("names every bad row by its line", async () => {
    const bad = write(
      "bad.csv",
      '# from a notebook\nflops,loss,note\n1e3,3,"two\nlines"\n1e4,nan,x\n\n-5,2.5,x\n1e5,2.4\n',
    );
    const { code, errors } = await cambium(["fit", bad, "--json"]);
    expect([code, JSON.parse(errors).error]).toMatchObject([
      2,
      {
        code: "E_TABLE",
        message: "the table has 3 bad rows",
        reasons: [
          { where: "line 5", message: "loss", got: "nan" },
          { where: "line 7", message: "flops", got: "-5" },
          { where: "line 8", message: "cells", expected: "3", got: "2" },
        ],
      },
    ]);
  });

  test.each([
    [["--x", "nope"], "E_TABLE", /one of the columns run, arm, Training FLOPs/],
    [["--e", "some"], "E_OPTION", /group:NAME/],
    [["--e", "group:none", "--group", "arm"], "E_SCALING_INPUT", /plain, grown/],
    [["--baseline", "none", "--group", "arm"], "E_SCALING_INPUT", /plain, grown/],
    [["--baseline", "plain"], "E_SCALING_INPUT", /expected: all\n.*\n.*--group/],
    [["--form", "chinchilla"], "E_TABLE", /named like N, the parameters[\s\S]*like D, the tokens/],
    [["--form", "isoflop", "--e", "zero"], "E_OPTION", /--form power/],
    [["--form", "chinchilla", "--x", "run"], "E_OPTION", /2 columns/],
    [["--form", "isoflop", "--x", "Training FLOPs", "--group", "arm"], "E_SCALING_INPUT", /line 2/],
  ])("refuses %j", async (flags, code, message) => {
    const ended = await cambium(["fit", ladder, ...flags]);
    expect([ended.code, ended.errors]).toEqual([2, expect.stringMatching(message)]);
    expect(ended.errors).toMatch(code);
  });

  test("says which arms of a sweep are fitted together", async () => {
    const sweep = join(folder, "sweep");
    mkdirSync(sweep);
    const rows = [1, 2, 4].flatMap((d) =>
      ["grown", "other"].map((arm) => `1e9,${arm},done,${d}e5,${2 + Math.log2(d / 2) ** 2}`),
    );
    writeFileSync(join(sweep, "table.csv"), ["budget,arm,state,baseTokens,loss", ...rows].join("\n"));
    const flags = ["--x", "baseTokens", "--bootstrap", "0"];
    const { groups, pooled } = await json("fit", sweep, "--form", "isoflop", ...flags);
    expect([groups, pooled]).toMatchObject([{ "1e9": { runs: 6 } }, ["grown", "other"]]);
    expect(await output("fit", sweep, "--form", "isoflop", ...flags)).toMatch(/arms grown, other are fitted together/);
    expect(await json("fit", sweep, "--form", "timing", ...flags)).not.toHaveProperty("pooled");
  });

  test("refuses a directory that holds no sweep's table", async () => {
    const { code, errors } = await cambium(["fit", folder]);
    expect([code, errors]).toEqual([2, expect.stringMatching(/no table of a sweep\n.*table\.csv/)]);
  });
});
