// Reading run directories: finished, in progress, damaged and missing.
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fixture, makeRun, writeRun } from "../../report/test/fixture.js";
import { readRun } from "../src/node.js";

let dir: string;
let run: Fixture;
const metrics = () => join(dir, "stages", "target-77c0", "metrics.jsonl");

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cambium-report-"));
  run = makeRun({ steps: 80 });
  await writeRun(dir, run);
});
afterEach(() => rm(dir, { recursive: true }));

describe("readRun", () => {
  it("reads back everything that a run wrote", async () => {
    const read = await readRun(dir);
    expect(read.manifest).toEqual(run.manifest);
    expect(Object.fromEntries(read.stages)).toEqual(run.stages);
    expect(read.recipe).toBe(run.recipe);
  });

  it("leaves out a last line that is cut off, at any byte", async () => {
    const rows = run.stages["target-77c0"]?.rows ?? [];
    const line = JSON.stringify({ ...rows.at(-1), step: 61 });
    for (const bytes of [1, 9, line.length - 1]) {
      await writeRun(dir, run);
      await appendFile(metrics(), line.slice(0, bytes));
      expect((await readRun(dir)).stages.get("target-77c0")?.rows).toEqual(rows);
    }
  });

  it("accepts a last line without its newline", async () => {
    await appendFile(metrics(), JSON.stringify({ ...run.stages["target-77c0"]?.rows.at(-1), step: 61 }));
    expect((await readRun(dir)).stages.get("target-77c0")?.rows).toHaveLength(61);
  });

  it("counts the later of two lines for one step, as a continued run writes them", async () => {
    const rows = run.stages["target-77c0"]?.rows ?? [];
    const again = rows.slice(49, 52).map((row) => ({ ...row, loss: 9 }));
    await appendFile(metrics(), again.map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect((await readRun(dir)).stages.get("target-77c0")?.rows).toEqual([...rows.slice(0, 49), ...again]);
  });

  it("reads null, as JSON writes a NaN loss, as NaN", async () => {
    await appendFile(
      metrics(),
      `${JSON.stringify({ ...run.stages["target-77c0"]?.rows.at(-1), step: 61, loss: Number.NaN })}\n`,
    );
    expect((await readRun(dir)).stages.get("target-77c0")?.rows.at(-1)?.loss).toBeNaN();
  });

  it("leaves out a stage without record.json, and accepts missing metrics and a missing recipe", async () => {
    await rm(join(dir, "stages", "scratch-a00b"), { recursive: true });
    await rm(metrics());
    await rm(join(dir, "recipe.yaml"));
    const read = await readRun(dir);
    expect([...read.stages.keys()]).toEqual(["base-1f3a", "target-77c0"]);
    expect(read.stages.get("target-77c0")?.rows).toEqual([]);
    expect(read).not.toHaveProperty("recipe");
  });

  it("refuses a directory that is not a run, and a missing one", async () => {
    const none = expect.objectContaining({
      code: "E_RUN_NOT_FOUND",
      details: expect.objectContaining({ hint: expect.any(String) }),
    });
    await expect(readRun(join(dir, "stages"))).rejects.toThrow(none);
    await expect(readRun(join(dir, "nowhere"))).rejects.toThrow(none);
    await expect(readRun(join(dir, "run.json"))).rejects.toThrow(none);
  });

  it.each([
    ["run.json that is not JSON", "run.json", "{"],
    ["run.json of another version", "run.json", JSON.stringify({ formatVersion: 3 })],
    ["a metrics line broken in the middle", "stages/target-77c0/metrics.jsonl", '{"step":\n{}\n'],
    ["a metrics line without its fields", "stages/target-77c0/metrics.jsonl", '{"step":1}\n'],
    ["record.json with other content", "stages/target-77c0/record.json", "[]"],
  ])("refuses %s, naming the place", async (_, file, content) => {
    await writeFile(join(dir, file), content);
    const where = expect.stringContaining(file);
    await expect(readRun(dir)).rejects.toThrow(
      expect.objectContaining({ code: "E_RUN_FORMAT", details: expect.objectContaining({ where }) }),
    );
  });

  it.each([
    ["a million layers in the layer map", { growth: { layerMap: Array.from({ length: 1_000_000 }, () => 0) } }],
    ["a billion layers", { model: { layers: 10 ** 9 } }],
    ["FLOPs that cannot be added up", { growth: { found: { tokens: 1, flops: 1e308 } } }],
  ])("refuses %s in record.json", async (_, change) => {
    const manifest = run.stages["target-77c0"]?.manifest;
    const { model, growth } = { model: {}, growth: {}, ...change };
    const changed = {
      ...manifest,
      model: { ...manifest?.model, ...model },
      growth: { ...manifest?.growth, ...growth },
    };
    await writeFile(join(dir, "stages/target-77c0/record.json"), JSON.stringify(changed));
    await expect(readRun(dir)).rejects.toThrow(expect.objectContaining({ code: "E_RUN_FORMAT" }));
  });

  it("reads measurements too large to add up as infinite, and refuses such costs", async () => {
    const [first, ...rest] = run.stages["target-77c0"]?.rows ?? [];
    const written = (row: object) => writeFile(metrics(), [row, ...rest].map((r) => `${JSON.stringify(r)}\n`).join(""));
    await written({ ...first, loss: 1e308, gradNorm: -1e200 });
    const row = (await readRun(dir)).stages.get("target-77c0")?.rows[0];
    expect([row?.loss, row?.gradNorm]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const cost of [{ flops: 1e308 }, { seconds: 1e300 }, { memoryBytes: 1e200 }]) {
      await written({ ...first, ...cost });
      await expect(readRun(dir)).rejects.toThrow(expect.objectContaining({ code: "E_RUN_FORMAT" }));
    }
  });

  it.each(["..", "../../etc", "a/b", ""])("refuses a stage id that is not a folder name: %j", async (id) => {
    await mkdir(join(dir, "elsewhere"), { recursive: true });
    const manifest = { ...run.manifest, arms: [{ name: "grown", stages: [id] }] };
    await writeFile(join(dir, "run.json"), JSON.stringify(manifest));
    await expect(readRun(dir)).rejects.toThrow(expect.objectContaining({ code: "E_RUN_FORMAT" }));
  });
});
