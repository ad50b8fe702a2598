// cambium plan: the budget in three units, mistakes, and a recipe that `run` accepts.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRecipe } from "@cambium/recipe";
import { afterAll, describe, expect, test } from "vitest";
import { cambium, json, output } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-plan-"));
afterAll(() => rmSync(folder, { recursive: true }));
const small = ["--layers", "8", "--hidden", "64", "--vocab", "256", "--context", "64"];

interface PlannedJson {
  readonly seconds: number;
  readonly memoryBytes: { readonly target: number };
  readonly recomputed: { readonly target: number };
}

describe("cambium plan", () => {
  test("takes the budget as tokens, FLOPs or hours", async () => {
    const tokens = await json("plan", ...small, "--tokens", "2M");
    const flops = await json("plan", ...small, "--flops", String(tokens.flops));
    expect(flops).toEqual(tokens);
    const hours = await json("plan", ...small, "--hours", "2", "--device", "a100:4", "--mfu", "0.5");
    expect(hours.flops).toBe(2 * 3600 * 4 * 312e12 * 0.5);
    expect(hours.ways).toMatchObject([{ seconds: 7200 }, { seconds: 7200 }, { seconds: 7200 }]);
  });

  test("recomputes into a bound, says what it costs, and writes it into the recipe", async () => {
    const path = join(folder, "bounded.yaml");
    const budget = [...small, "--hours", "1", "--device", "a100"];
    const [free] = (await json("plan", ...budget)).ways as PlannedJson[];
    const [whole] = (await json("plan", ...small, "--flops", "1e18")).ways as PlannedJson[];
    const memory = Math.round((whole?.memoryBytes.target ?? 0) - 0.2 * (free?.memoryBytes.target ?? 0));
    const bound = await json("plan", ...budget, "--memory", `${memory}`, "--recipe", "stack", "--out", path);
    const [way] = bound.ways as PlannedJson[];
    expect(way?.memoryBytes.target).toBeLessThan(free?.memoryBytes.target ?? 0);
    expect([free?.recomputed.target, free?.seconds]).toEqual([0, 3600]);
    expect(way?.recomputed.target).toBeGreaterThan(0);
    expect(way?.seconds).toBeGreaterThan(3600);
    expect(parseRecipe(readFileSync(path, "utf8"), path).train.memory).toBe(memory);
  });

  test("says what does not fit: the device's memory, and the vocabulary of the recipe", async () => {
    const path = join(folder, "words.yaml");
    const text = await output("plan", "--params", "1B", "--hours", "1", "--device", "rtx4090", "--out", path);
    expect(text).toMatch(/training takes [\d.]+GB, more than the 24GB of one rtx4090/);
    expect(text).toMatch(/`bytes` has 256 tokens and the plan 32000/);
    expect(readFileSync(path, "utf8")).toMatch(/^# The tokenizer `bytes` has 256 tokens/m);
    expect(await output("plan", ...small, "--hours", "1", "--device", "a100")).not.toMatch(/more than|has 256 tokens/);
  });

  test("explains every number", async () => {
    const text = await output("plan", ...small, "--tokens", "2M", "--explain");
    for (const line of [
      /layers of the base = 2\.000: layers \/ 4/,
      /C₁ = .*6·n·d/,
      /lr = .*Step Law, arXiv 2503\.04715/,
      /does not apply/,
      /memory: .*AdamW/,
    ])
      expect(text).toMatch(line);
  });

  test.each(["stack", "late", "middle"])("writes a recipe for %s that a run accepts", async (way) => {
    const path = join(folder, `${way}.yaml`);
    await output("plan", ...small, "--tokens", "200k", "--recipe", way, "--out", path);
    const recipe = parseRecipe(readFileSync(path, "utf8"), path);
    expect(recipe.growth).toHaveLength(1);
    const { arms } = (await json("inspect", path)) as {
      arms: { name: string; stages: { tokens: number }[] }[];
    };
    expect(arms.map(({ name }) => name)).toEqual(["grown", "scratch"]);
    expect(await cambium(["plan", ...small, "--tokens", "200k", "--out", path])).toMatchObject({ code: 2 });
  });

  test.each([
    [
      ["--params", "1B", "--layers", "8", "--tokens", "1B"],
      /--params, --model or --layers\n.*got: --params and --layers/,
    ],
    [["--params", "1B"], /--tokens, --flops or --hours\n.*got: none of them\n.*--tokens 20B/],
    [["--params", "1B", "--hours", "3"], /--device h100:8/],
    [["--params", "1B", "--tokens", "1B", "--mfu", "2"], /at most 1/],
    [["--params", "1B", "--tokens", "1B", "--mfu", "0.5"], /--mfu without --device/],
    [["--params", "1B", "--tokens", "1B", "--device", "toaster:2"], /a100/],
    [["--params", "1B", "--tokens", "1B", "--recipe", "late"], /without --out/],
    [
      ["--params", "10M", "--tokens", "1B", "--memory", "50MB"],
      /6 steps do not fit[\s\S]*stack: base[\s\S]*at least [\d.]+ GB[\s\S]*middle: base/,
    ],
    [["--params", "1B", "--hidden", "64", "--tokens", "1B"], /without --layers/],
  ])("refuses %j", async (flags, message) => {
    const { code, errors } = await cambium(["plan", ...flags]);
    expect([code, errors]).toEqual([2, expect.stringMatching(message)]);
  });
});
