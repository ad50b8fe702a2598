// cambium sweep: shared stages, the table, statistics over seeds, and cells that fail.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, describe, expect, test } from "vitest";
import { cambium, json, output, writeProject } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-sweep-"));
afterAll(() => rmSync(folder, { recursive: true }));
const recipe = writeProject(folder, (text) => text.replace("at: 96", "at: 32").replace("tokens: 320", "tokens: 128"));
const out = join(folder, "out");
const flags = ["--over", "growth.0.factor=2,3", "--over", "seed=0..1", "--out", out];

describe("cambium sweep", () => {
  test("trains shared stages once, and nothing the second time", async () => {
    const first = await json("sweep", recipe, ...flags, "--jobs", "2");
    // 4 cells of 3 stages; for each seed the two factors share one base.
    expect(first.stages).toEqual({ planned: 12, distinct: 10, trained: 10 });
    expect(readdirSync(join(out, "stages"))).toHaveLength(10);
    const table = readFileSync(join(out, "table.csv"), "utf8");
    expect(table.split("\n")[1]).toMatch(/^growth\.0\.factor=2\+seed=0,2,0,grown,done,2,/);
    expect(
      readFileSync(join(out, "table.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toHaveLength(8);
    const again = await json("sweep", recipe, ...flags);
    expect(again.stages).toMatchObject({ trained: 0 });
    expect(readFileSync(join(out, "table.csv"), "utf8")).toBe(table);
  });

  test("compares arms seed by seed, and its cells are runs", async () => {
    const { seeds, rows } = (await json("sweep", recipe, ...flags)) as {
      seeds: {
        arms: { arm: string; loss: { count: number; mean: number }; overScratch: { mean: number; differs: boolean } }[];
      }[];
      rows: { arm: string; loss: number; settings: Record<string, string> }[];
    };
    const of = (arm: string) =>
      rows.filter((row) => row.arm === arm && row.settings["growth.0.factor"] === "2").map(({ loss }) => loss);
    const [grown, scratch] = [of("grown"), of("scratch")] as [number[], number[]];
    const mean = ((grown[0] as number) - (scratch[0] as number) + (grown[1] as number) - (scratch[1] as number)) / 2;
    expect(seeds).toHaveLength(2);
    expect(seeds[0]?.arms[0]).toMatchObject({
      arm: "grown",
      loss: { count: 2 },
      overScratch: { mean: expect.closeTo(mean, 12) },
    });
    expect(await output("sweep", recipe, ...flags)).toMatch(
      /grown: held-out loss .* ± .* \(2 seeds\).*paired by seed: (a|no) difference at 5 %/,
    );
    expect(await json("report", join(out, "cells", "growth.0.factor=3+seed=1"))).toMatchObject({ state: "done" });
    expect(await json("fit", out, "--bootstrap", "0", "--e", "zero", "--x", "flops")).toMatchObject({
      groups: { grown: { runs: 4 } },
    });
  });

  test("spends each budget whatever varies; fit, Parquet and Optuna's journal have the same table", async () => {
    const iso = join(folder, "iso");
    const given = ["--iso-flop", "1.5e6", "--vary", "growth.0.at={share: 0.2},{share: 0.5},{share: 0.8}"];
    const { rows, directory } = (await json("sweep", recipe, ...given, "--out", iso)) as {
      directory: string;
      rows: { arm: string; cell: string; flops: number; loss: number; share: number; settings: { budget: string } }[];
    };
    expect(rows).toHaveLength(6);
    // FLOPs are spent in whole steps, and a step is a third of the budget.
    for (const { flops, settings } of rows) expect(Math.abs(flops / Number(settings.budget) - 1)).toBeLessThan(0.4);
    const grown = rows.filter(({ arm }) => arm === "grown");
    expect(await json("fit", directory, "--form", "isoflop", "--x", "baseTokens", "--bootstrap", "0")).toMatchObject({
      groups: { "1.5e6": { runs: 3 } },
    });
    const file = readFileSync(join(iso, "table.parquet"));
    const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
    const stored = await parquetReadObjects({ file: buffer });
    expect(stored.map(({ cell, loss, error }) => ({ cell, loss, error }))).toEqual(
      rows.map(({ cell, loss }) => ({ cell, loss, error: null })),
    );
    // Settings that are all numbers are stored as numbers.
    expect(new Set(stored.map(({ budget }) => budget))).toEqual(new Set([1.5e6]));
    const journal = readFileSync(join(iso, "optuna.log"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    // A study and three trials for each arm, in Optuna 4's format.
    expect(journal).toHaveLength(8);
    expect(journal[0]).toEqual({ op_code: 0, worker_id: "cambium", study_name: "small-sweep grown", directions: [1] });
    expect(journal[2]).toMatchObject({
      ...{ op_code: 4, study_id: 0, state: 1, value: grown[1]?.loss, values: null, system_attrs: {} },
      params: { budget: 1.5e6, "growth.0.at": 1 },
      distributions: {
        budget: JSON.stringify({
          name: "FloatDistribution",
          attributes: { step: null, low: 1.5e6, high: 1.5e6, log: false },
        }),
      },
    });
  });

  test("reports a cell that fails and runs the rest", async () => {
    const failing = join(folder, "failing");
    const ended = await cambium([
      "sweep",
      recipe,
      "--over",
      "growth.0.options={},{whale: 1}",
      "--out",
      failing,
      "--json",
    ]);
    expect(ended.code).toBe(2);
    expect(ended.errors).toMatch(/growth\.0\.options=-whale-1- failed: E_[\s\S]*try: /);
    expect(JSON.parse(ended.output)).toMatchObject({
      failed: 1,
      rows: [{ state: "done" }, { state: "done" }, { state: "failed", arm: null, error: expect.stringMatching(/^E_/) }],
    });
  });

  test.each([
    [[], /--over/],
    [["--over", "train.tokns=1k"], /train\.tokns/],
    [["--over", "seed"], /FIELD=VALUE/],
    [["--iso-flop", "1e8"], /belong together/],
    [["--iso-flop", "1e8", "--vary", "data.corpus"], /no values to vary/],
    [["--iso-flop", "whale", "--vary", "growth.0.at"], /FLOPs/],
  ])("refuses %j before anything is written", async (given, message) => {
    const none = join(folder, "none");
    const { code, errors } = await cambium(["sweep", recipe, ...given, "--out", none]);
    expect([code, errors]).toEqual([2, expect.stringMatching(message)]);
    expect(readdirSync(folder)).not.toContain("none");
  });
});
