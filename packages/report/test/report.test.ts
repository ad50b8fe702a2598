// The page as a browser parses it: its figures compared with figures computed here from the run.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { speedupAtEnd } from "@cambium/scaling";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { renderReport, summarizeRun, writeReport } from "../src/index.js";
import { type Fixture, type FixtureOptions, makeRun, writeRun } from "./fixture.js";
import { curve, dir, grownIds, report, withVariants } from "./page.js";

describe("headline", () => {
  it("prints the speed-up that scaling computes, base included", async () => {
    const { run, text, document } = await report();
    const end = speedupAtEnd(curve(run, ["scratch-a00b"], "flops"), curve(run, grownIds, "flops"));
    expect(end?.speedup).toBeGreaterThan(0.2);
    const printed = `${(100 * (end?.speedup ?? 0)).toFixed(1)} %`;
    expect(text(".figure")).toBe(printed);
    expect(text(".lede")).toBe(
      `Growing paid: to reach a held-out loss of ${end?.loss.toFixed(3)}, scratch spent ${printed} more compute than grown, base included.`,
    );
    expect(text(".cost h3 span")).toBe(`+${printed}`);
    expect(text(".cost .grown dd")).toBe(`${((end?.grownCost ?? 0) / 1e12).toPrecision(3)} TFLOP`);
    expect(text(".cost .scratch dd")).toBe(`${((end?.scratchCost ?? 0) / 1e12).toPrecision(3)} TFLOP`);
    // The bars are to scale: the base's share of the grown arm's cost.
    const widths = [...document.querySelectorAll(".cost .grown")][0]?.querySelectorAll("i") ?? [];
    const [base, own] = [...widths].map((part) => Number.parseFloat(part.getAttribute("style")?.slice(6) ?? ""));
    const baseFlops = run.stages["base-1f3a"]?.rows.at(-1)?.flops ?? 0;
    expect((base ?? 0) / ((base ?? 0) + (own ?? 0))).toBeCloseTo(baseFlops / (end?.grownCost ?? 1), 3);
  });

  it("says when growing did not pay", async () => {
    const { text } = await report({ quality: 0.55 });
    expect(text(".figure")).toMatch(/^−\d+\.\d %$/);
    expect(text(".lede")).toMatch(/^Growing did not pay here: .* scratch spent \d+\.\d % less compute than grown/);
    expect(text(".summary tbody tr:last-child td")).toBe(text(".figure"));
  });

  it("says if the arm that was behind came out lower", async () => {
    const { run, text } = await report({}, (made) => {
      const lowest = Math.min(...curve(made, ["scratch-a00b"], "flops").map(({ loss }) => loss));
      const stages = Object.entries(made.stages).map(([id, stage]) => {
        const stuck = (loss: number) => (id === "scratch-a00b" ? loss : Math.max(loss, lowest + 0.1));
        const rows = stage.rows.map((row) =>
          row.heldOutLoss === undefined ? row : { ...row, heldOutLoss: stuck(row.heldOutLoss) },
        );
        return [id, { ...stage, rows }];
      });
      return { ...made, stages: Object.fromEntries(stages) };
    });
    const lowest = Math.min(...curve(run, ["scratch-a00b"], "flops").map(({ loss }) => loss));
    expect(text(".lede")).toMatch(/^Growing paid: /);
    expect(text(".lede")).toContain(`But scratch went on to ${lowest.toFixed(3)}, which grown did not reach.`);
    expect((await summarizeRun(dir)).comparison?.beyond).toEqual({ arm: "scratch", loss: lowest });
  });

  it.each<[string, FixtureOptions, number, RegExp]>([
    ["without a scratch arm", { arms: ["grown"] }, 0, /no arm that trains from scratch/],
    ["without growth", { arms: ["scratch"] }, 0, /No model grows in this run/],
    ["when no held-out loss is shared", {}, 10, /no held-out loss in common/],
  ])("states the reason %s", async (_, options, above, reason) => {
    const { text, document } = await report(options, (run) => {
      const scratch = run.stages["scratch-a00b"] as Fixture["stages"][string];
      const rows = scratch.rows.map((row) =>
        row.heldOutLoss === undefined ? row : { ...row, heldOutLoss: row.heldOutLoss + above },
      );
      return { ...run, stages: { ...run.stages, "scratch-a00b": { ...scratch, rows } } };
    });
    expect(text(".lede")).toMatch(reason);
    expect(document.querySelectorAll("main > section").length).toBeGreaterThan(3);
  });

  it("is the same as the summary for scripts", async () => {
    const { text } = await report();
    const summary = await summarizeRun(dir);
    expect(summary).toMatchObject({
      name: "quickstart",
      state: "done",
      why: null,
      comparison: { grown: "grown", scratch: "scratch" },
    });
    expect(`${(100 * (summary.comparison?.speedup ?? 0)).toFixed(1)} %`).toBe(text(".figure"));
    expect(summary.arms.map((arm) => arm.speedup)).toEqual([summary.comparison?.speedup, null]);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });
});

describe("depth", () => {
  it("is shown only for arms whose depth was measured", async () => {
    const depth = {
      identity: "x",
      tokens: 64,
      loss: 2,
      lens: [2, 1, 0.5, 0],
      effective: 1.75,
      ablation: [0.4, 0.01, 0.2],
    };
    const run = makeRun();
    await writeRun(dir, run);
    const without = await renderReport(dir);
    await writeFile(join(dir, "stages", "target-77c0", "depth.json"), JSON.stringify(depth));
    const { document } = parseHTML(await renderReport(dir));
    const section = document.querySelector("[aria-labelledby='depth']");
    expect(section?.textContent).toContain(
      "grown: effective depth 1.75 of 3 layers, on 64 tokens. Layer 1 is missed least: 0.010 nats.",
    );
    expect(section?.querySelectorAll("svg.chart")).toHaveLength(2);
    expect(without).not.toContain("Depth in use");
  });
});

describe("several seeds", () => {
  /** Writes a run with planned seeds 0, 1 and 2, whose targets learn at these speeds. */
  const seeds = async (qualities: readonly number[]) => {
    const runs = qualities.map((quality, seed) => makeRun({ quality, steps: 400 + 20 * seed }));
    for (const [seed, run] of runs.entries())
      await writeRun(
        seed === 0 ? dir : join(dir, "seeds", String(seed)),
        seed === 0 ? { ...run, manifest: { ...run.manifest, seeds: [0, 1, 2] } } : run,
      );
    const { document } = parseHTML(await renderReport(dir));
    const text = (selector: string) =>
      (document.querySelector(selector)?.textContent ?? "").replaceAll("\u00a0", " ").replace(/\s+/g, " ").trim();
    return { text, summary: await summarizeRun(dir), runs };
  };

  it("give mean, deviation and interval of the single seeds' figures", async () => {
    const { text, summary, runs } = await seeds([1.3, 1.35, 1.4]);
    const each = runs.map(
      (run) =>
        speedupAtEnd(curve(run, ["scratch-a00b"], "flops"), curve(run, grownIds, "flops"))?.speedup ?? Number.NaN,
    );
    const mean = (each[0] as number) / 3 + (each[1] as number) / 3 + (each[2] as number) / 3;
    const deviation = Math.sqrt(each.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 2);
    // Student's t at 97.5 % with two degrees of freedom: 4.302652729749.
    const half = (4.302652729749 * deviation) / Math.sqrt(3);
    const grown = summary.seeds?.arms.find(({ arm }) => arm === "grown");
    expect(grown?.speedup).toMatchObject({ count: 3, mean: expect.closeTo(mean, 9) });
    expect(grown?.speedup?.interval?.[0]).toBeCloseTo(mean - half, 9);
    expect(grown?.overScratch?.differs).toBe(true);
    expect(text(".figure")).toBe(`+${(100 * mean).toFixed(1)} % ± ${(100 * deviation).toFixed(1)}`);
    expect(text(".lede")).toMatch(/^Growing paid: .* \[\+/);
    expect(text("[aria-label='Arms over seeds']")).toMatch(/lower: −0\.\d{4} \[−/);
    expect(text(".verdict")).not.toContain("no error bar");
    expect(text(".legend")).toContain("held out, other seeds");
    expect(text("[aria-labelledby='samples'] .note")).toBe("Written by the models with seed 0.");
  });

  it("say that the difference is too small for the seeds to show", async () => {
    const { text, summary } = await seeds([1.9, 0.6, 1.1]);
    expect(text(".lede")).toMatch(/^Too small a difference for 3 seeds to show/);
    expect(text(".figure.even")).toMatch(/±/);
    expect(summary.seeds?.arms[0]?.overScratch?.differs).toBe(false);
    expect(text("[aria-label='Arms over seeds']")).toContain("no difference");
  });

  it("count only seeds that are done", async () => {
    const { text, summary } = await seeds([1.3, 1.35]);
    expect(summary).toMatchObject({ state: "running", seeds: { planned: [0, 1, 2], done: [0, 1] } });
    expect(text(".lede")).toContain("2 of 3 seeds are done");
    expect(text(".state")).toBe("In progress");
  });
});

describe("operators compared", () => {
  it("are ranked by final loss, with their connection rates", async () => {
    const { document, text } = await report({}, withVariants(3));
    const rows = [...document.querySelectorAll('[aria-labelledby="ranking"] tbody tr')].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? ""),
    );
    expect(rows.map(([operator]) => operator)).toEqual(["variant-2", "variant-0", "stack", "variant-1"]);
    const losses = rows.map(([, , loss]) => Number(loss));
    expect(losses).toEqual(losses.toSorted((a, b) => a - b));
    // 0 1 0 1 0 1 0 1 keeps four of seven pairs; 0 0 0 1 0 1 0 1 three.
    expect(rows.map(([, rate]) => rate)).toEqual(["4/7", "4/7", "4/7", "3/7"]);
    expect(text('[aria-labelledby="ranking"] .note')).toContain("is −0.77 (");
    expect(document.querySelectorAll("#ranking-chart-title").length).toBe(1);
  });

  it("are not ranked if there is only one", async () => {
    const { document } = await report();
    expect(document.querySelector("#ranking")).toBeNull();
  });

  it("have colours however many they are", async () => {
    const { source, document } = await report({}, withVariants(12));
    const colours = [...document.querySelectorAll(".summary thead .swatch")].map((swatch) => swatch.className);
    expect(colours.length).toBe(14);
    for (const colour of colours) expect(source).toContain(`.${colour.replace("swatch ", "")} { --c:`);
  });
});

it("copes with hundreds of arms: charts show some, including the compared ones, and tables show all", async () => {
  const many = withVariants(120)(makeRun({ steps: 8 }));
  const { document, text } = await report({ steps: 8 }, () => many);
  expect(document.querySelectorAll(".summary thead .swatch").length).toBe(122);
  const named = [...(document.querySelector(".legend")?.querySelectorAll("li") ?? [])].map((item) => item.textContent);
  expect(named).toEqual(expect.arrayContaining(["grown", "scratch"]));
  expect(named.length).toBeLessThan(110);
  expect(text("main").includes("22 of 122 arms are only in the tables")).toBe(true);
});

describe("a run in progress", () => {
  const running: FixtureOptions = { state: "running" };
  const only = (run: Fixture, ids: string[], cut = Number.POSITIVE_INFINITY): Fixture => ({
    ...run,
    stages: Object.fromEntries(
      Object.entries(run.stages)
        .filter(([id]) => ids.includes(id))
        .map(([id, { manifest, rows }], i, all) => {
          const { samples: _, ...unsampled } = manifest;
          return [
            id,
            i < all.length - 1
              ? { manifest, rows }
              : { manifest: { ...unsampled, state: "running" as const }, rows: rows.slice(0, cut) },
          ];
        }),
    ),
  });

  it.each<[string, string[], number, RegExp]>([
    ["before anything started", [], 0, /No arm that grows has started/],
    ["before the first step", ["base-1f3a"], 0, /The base is still training/],
    ["at the first step", ["base-1f3a"], 1, /The base is still training/],
    ["before the scratch arm", grownIds, 30, /The arm that trains from scratch has not started/],
    [
      "before a held-out loss of scratch",
      [...grownIds, "scratch-a00b"],
      5,
      /No held-out loss was measured yet for scratch/,
    ],
  ])("is reported %s", async (_, ids, cut, why) => {
    const { text } = await report(running, (run) => only(run, ids, cut));
    expect(text(".state")).toBe("In progress");
    expect(text("#verdict")).toBe("No speed-up to report yet");
    expect(text(".lede")).toMatch(why);
  });

  it("compares what there is so far and says that it will change", async () => {
    const { text } = await report(running, (run) => only(run, [...grownIds, "scratch-a00b"], 293));
    expect(text("#verdict")).toBe("Speed-up at equal held-out loss, so far");
    expect(text(".lede")).toContain("this will change");
    expect(text(".summary tbody tr:nth-child(2) td:last-child")).toBe("scratch: 8 layers, 1.20 M tokens, 50 % done");
  });
});

describe("writeReport", () => {
  it("writes the page, replacing an older one, and leaves no other files", async () => {
    await writeRun(dir, makeRun({ steps: 80 }));
    expect(await writeReport(dir)).toBe(join(dir, "report.html"));
    await writeReport(dir);
    // Compared as a boolean, so that a failure does not print two whole pages.
    expect((await readFile(join(dir, "report.html"), "utf8")) === (await renderReport(dir))).toBe(true);
    expect((await readdir(dir)).sort()).toEqual(["recipe.yaml", "report.html", "run.json", "stages"]);
  });

  it("writes nothing into a folder that is not a run", async () => {
    await expect(writeReport(dir)).rejects.toThrow(expect.objectContaining({ code: "E_RUN_NOT_FOUND" }));
    expect(await readdir(dir)).toEqual([]);
  });
});
