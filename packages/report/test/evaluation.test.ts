// The table of evaluation tasks over several seeds: figures compared with means and deviations computed here.
import { join } from "node:path";
import { RunDirectory } from "@cambium/run-format/node";
import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { renderReport, summarizeRun } from "../src/index.js";
import { makeRun, writeRun } from "./fixture.js";
import { dir } from "./page.js";

/** Accuracy of two tasks and a perplexity, of a seed and an arm. */
const accuracies = { grown: [0.5, 0.53], scratch: [0.4, 0.48] };

async function writeSeeds(done: number): Promise<void> {
  for (let seed = 0; seed < done; seed++) {
    const run = makeRun({ quality: 1.3 + 0.05 * seed });
    const own = seed === 0 ? dir : join(dir, "seeds", String(seed));
    await writeRun(own, { ...run, manifest: { ...run.manifest, ...(seed === 0 && { seeds: [0, 1] }) } });
    for (const [arm, stage] of [
      ["grown", "target-77c0"],
      ["scratch", "scratch-a00b"],
    ] as const) {
      const [value, perplexity] = [accuracies[arm][seed] as number, 40 + 10 * seed];
      const task = (metrics: object) => ({ version: "1.0.0", identity: "a", documents: 100, metrics });
      const acc = { acc: { value, stderr: 0.05, better: "higher" as const } };
      const more = { acc: { value: value + 0.2, stderr: 0.05, better: "higher" as const } };
      const wikitext = task({ word_perplexity: { value: perplexity, better: "lower" } });
      const tasks = { arc_easy: task(acc), piqa: task(more), wikitext };
      await new RunDirectory(own).stage(stage).writeEvaluation({ tasks } as never);
    }
  }
}

async function table(): Promise<string[]> {
  const { document } = parseHTML(await renderReport(dir));
  const section = document.querySelector("[aria-labelledby='evaluation']");
  const text = (one: { textContent: string | null }) => (one.textContent ?? "").replace(/[\s\u00a0]+/g, " ").trim();
  const rows = [...(section?.querySelectorAll("tbody tr") ?? [])].map((row) => [...row.children].map(text).join(" | "));
  return [...rows, text(section?.querySelector(".note") as never)];
}

it("has means and deviations over the seeds that are done", async () => {
  await writeSeeds(2);
  const { seeds } = await summarizeRun(dir);
  const grown = seeds?.arms.find(({ arm }) => arm === "grown");
  const [arc, piqa, average, wikitext, loss, speedup, note] = await table();
  // Of two values the deviation is their difference over √2.
  expect(arc).toBe("arc_easy, % | 51.50 ± 2.12 | 44.00 ± 5.66");
  expect(piqa).toBe("piqa, % | 71.50 ± 2.12 | 64.00 ± 5.66");
  expect(average).toBe("Average, % | 61.50 ± 2.12 | 54.00 ± 5.66");
  expect(wikitext).toBe("wikitext word perplexity | 45.00 ± 7.071 | 45.00 ± 7.071");
  expect(loss).toContain(`${grown?.loss.mean.toFixed(3)} ± ${grown?.loss.deviation?.toFixed(3)}`);
  expect(speedup).toMatch(/^Speed-up \| \d+\.\d % ± \d+\.\d % \| reference$/);
  expect(note).toContain("Means over the seeds 0 and 1");
  expect(seeds?.evaluations["grown"]?.average?.value).toBeCloseTo(0.615, 9);
});

it("has the first seed's standard errors while it is the only one that is done", async () => {
  await writeSeeds(1);
  const [arc, , , , , , note] = await table();
  expect(arc).toBe("arc_easy, % | 50.00 ± 5.00 | 40.00 ± 5.00");
  expect(note).toContain("standard error over the documents");
});
