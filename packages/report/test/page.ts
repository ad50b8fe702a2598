// Shared by the tests of the page: a run in a folder, its report as a DOM, and curves computed independently.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterEach, beforeEach } from "vitest";
import { renderReport } from "../src/index.js";
import { type Fixture, type FixtureOptions, makeRun, writeRun } from "./fixture.js";

export let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cambium-report-"));
});
afterEach(() => rm(dir, { recursive: true }));

export async function report(options: FixtureOptions = {}, change: (run: Fixture) => Fixture = (run) => run) {
  const run = change(makeRun(options));
  await writeRun(dir, run);
  const source = await renderReport(dir);
  const { document } = parseHTML(source);
  const text = (selector: string) =>
    (document.querySelector(selector)?.textContent ?? "").replaceAll("\u00a0", " ").replace(/\s+/g, " ").trim();
  return { run, source, document, text };
}

/** Held-out curve of stages laid end to end, by definition: every stage starts where the previous one ended. */
export function curve({ stages }: Fixture, ids: string[], by: "flops" | "tokens") {
  let before = 0;
  return ids.flatMap((id) => {
    const rows = stages[id]?.rows ?? [];
    const points = rows.flatMap((row) =>
      row.heldOutLoss === undefined ? [] : [{ cost: before + row[by], loss: row.heldOutLoss }],
    );
    before += rows.at(-1)?.[by] ?? 0;
    return points;
  });
}

export const grownIds = ["base-1f3a", "target-77c0"];

/** The run with `count` further grown arms, each from the same base, with shifted losses and other layer maps. */
export const withVariants = (count: number) => (run: Fixture) => {
  const { manifest, rows } = run.stages["target-77c0"] as Fixture["stages"][string];
  const variants = Array.from({ length: count }, (_, i) => {
    const id = `target-${i}`;
    const layerMap = Array.from({ length: 8 }, (_, t) => (t <= i % 2 ? 0 : t % 2));
    const growth = {
      ...(manifest.growth as NonNullable<typeof manifest.growth>),
      operator: `variant-${i}`,
      layerMap,
    };
    const shifted = rows.map((row) =>
      row.heldOutLoss === undefined
        ? row
        : { ...row, heldOutLoss: row.heldOutLoss + 0.01 * (i + 1) * (i % 2 ? 1 : -1) },
    );
    return { id, name: `variant-${i}`, stage: { manifest: { ...manifest, id, growth }, rows: shifted } };
  });
  const arms = variants.map(({ id, name }) => ({ name, stages: ["base-1f3a", id] }));
  return {
    ...run,
    manifest: { ...run.manifest, arms: [...run.manifest.arms, ...arms] },
    stages: { ...run.stages, ...Object.fromEntries(variants.map(({ id, stage }) => [id, stage])) },
  };
};
