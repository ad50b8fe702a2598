// The same directory, run again with something changed: what continues, what starts over and reports it, and what must
// survive a failure.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineBackend, referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import type { PluginImporter } from "@cambium/plugin";
import type { RecipeInput } from "@cambium/recipe";
import { readRows, readRun } from "@cambium/run-format/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { type EarlierStage, runRecipe } from "../src/index.js";
import { memoryBytes, smallerLimit } from "../src/machine.js";
import { importer, minimal, project, stages, weights } from "./support.js";

/** A device that fails at the step `n`; at 0, one that cannot be opened. */
const failing = (n: number) =>
  defineBackend({
    name: "failing",
    probe: async () => [],
    open: async () => {
      if (n === 0) throw new CambiumError("E_BACKEND_UNAVAILABLE", "no such device");
      const device = await referenceBackend.open();
      const info = { ...device.info, backend: "failing" };
      const compile: typeof device.compile = async (graph) => {
        const executable = await device.compile(graph);
        let runs = 0;
        return new Proxy(executable, {
          get(target, key) {
            const value: unknown = Reflect.get(target, key);
            if (key !== "run" || typeof value !== "function")
              return typeof value === "function" ? value.bind(target) : value;
            return (...args: unknown[]) => {
              if (graph.inputs.some(({ name }) => name.includes("lr")) && ++runs === n)
                throw new CambiumError("E_OUT_OF_MEMORY", "no more");
              return value.apply(target, args);
            };
          },
        });
      };
      return {
        ...{ info, compile },
        upload: (tensor) => device.upload(tensor),
        download: (tensor) => device.download(tensor),
        memory: () => device.memory(),
        close: () => device.close(),
        [Symbol.asyncDispose]: () => device.close(),
      };
    },
  });

const withBackend = (n: number): PluginImporter => ({
  resolve: (specifier) => (specifier.includes("failing") ? "failing" : importer.resolve(specifier)),
  import: async (address) => (address === "failing" ? { default: failing(n) } : importer.import(address)),
});

const constant: RecipeInput = { ...minimal, growth: [], train: { ...minimal.train, tokens: 160 } };
const longer: RecipeInput = { ...constant, train: { ...constant.train, tokens: 320 } };

/** A project that is removed after the test, and a way to run it again with another recipe. */
function runs(recipe: RecipeInput) {
  const made = project(recipe);
  onTestFinished(() => rmSync(made.folder, { recursive: true }));
  const again = async (changed: RecipeInput) => {
    writeFileSync(made.recipe, stringify(changed));
    const [changes, steps]: [EarlierStage[], number[]] = [[], []];
    const outcome = await runRecipe(made.recipe, {
      ...{ out: made.out, importer },
      observer: {
        onChanged: (_, earlier) => void changes.push(earlier),
        onMetrics: (_, { step }) => void steps.push(step),
      },
    });
    return { outcome, changes, steps };
  };
  return { ...made, again, first: () => runRecipe(made.recipe, { out: made.out, importer }) };
}

describe("an attempt that fails leaves the finished run as it was", () => {
  test.each([
    ["because there is no device", withBackend(0), { backend: "failing" }],
    ["at its first step", withBackend(1), { backend: "failing" }],
    ["at a later step, before it has saved", withBackend(4), { backend: "failing" }],
    ["because the tokenizer is missing", importer, { data: { ...minimal.data, tokenizer: "./none.json" } }],
  ])("%s", async (_, plugins, change) => {
    const { out, recipe, first } = runs(minimal);
    await first();
    const files = ["run.json", "recipe.yaml"].map((name) => readFileSync(join(out, name), "utf8"));
    writeFileSync(recipe, stringify({ ...minimal, ...change }));
    await expect(runRecipe(recipe, { out, importer: plugins })).rejects.toBeInstanceOf(CambiumError);
    expect(["run.json", "recipe.yaml"].map((name) => readFileSync(join(out, name), "utf8"))).toEqual(files);
    expect((await readRun(out)).stages.size).toBe(3);
    writeFileSync(recipe, stringify(minimal));
    expect(await first()).toMatchObject({ state: "done", cached: true });
  });

  test("one that saves takes over", async () => {
    const { out, again, first } = runs(constant);
    await first();
    const [before] = stages(out);
    await again({ ...constant, train: { ...constant.train, lr: 0.02 } });
    expect(stages(out)[0]?.manifest.id).not.toBe(before?.manifest.id);
    expect((await readRun(out)).manifest.state).toBe("done");
  });
});

test("a stage that another version of Cambium trained starts over, and says so", async () => {
  const { out, again, first } = runs(constant);
  await first();
  // Another version gives the same stage another id: the end of its folder's name, which run.json has, too.
  const [{ path, manifest }] = stages(out) as [ReturnType<typeof stages>[number]];
  const id = `${manifest.id.slice(0, -12)}000000000000`;
  cpSync(path, join(path, "..", id), { recursive: true });
  rmSync(path, { recursive: true });
  const file = join(out, "run.json");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(manifest.id, id));
  const { changes, steps } = await again(constant);
  expect(changes).toMatchObject([{ id, differences: [], shorter: false }]);
  expect(steps[0]).toBe(1);
});

describe("more tokens", () => {
  test("continue from the shorter run if the schedule is constant, to the bits of one that was as long at once", async () => {
    const { out, again, first } = runs(constant);
    await first();
    const { changes, steps } = await again(longer);
    expect(changes).toMatchObject([{ shorter: true, differences: [{ path: "until.tokens", was: 160, is: 320 }] }]);
    expect(steps).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    const whole = runs(longer);
    await whole.first();
    expect(weights(out)).toEqual(weights(whole.out));
    const losses = async (path: string) =>
      (await readRows(join(stages(path)[0]?.path ?? "", "metrics.jsonl"))).map(({ step, loss }) => [step, loss]);
    expect(await losses(out)).toEqual(await losses(whole.out));
  });

  test("of the last stage of a grown arm continue, too", async () => {
    const grown = { ...minimal, compare: [], evaluate: { every: 64, tokens: 32 } } satisfies RecipeInput;
    const { again, first } = runs(grown);
    await first();
    const { changes } = await again({ ...grown, train: { ...grown.train, tokens: 480 } });
    expect(changes.map(({ id, shorter }) => [id.split("-")[0], shorter])).toEqual([["target", true]]);
  });

  test("start over if the schedule ends with them or measurement changed; both are reported", async () => {
    const cosine = { ...constant, train: { ...constant.train, schedule: "cosine" } } satisfies RecipeInput;
    const one = runs(cosine);
    await one.first();
    const { changes, steps } = await one.again({ ...cosine, train: { ...cosine.train, tokens: 320 } });
    expect(changes).toMatchObject([{ shorter: false }]);
    expect(changes[0]?.differences.map(({ path }) => path)).toContain("schedule.total");
    expect(steps[0]).toBe(1);
    const two = runs(constant);
    await two.first();
    const other = await two.again({ ...longer, evaluate: { every: 32, tokens: 32 } });
    expect(other.changes[0]?.differences.map(({ path }) => path)).toEqual(["evaluation.every", "until.tokens"]);
  });

  test("fewer start over", async () => {
    const { again, first } = runs(longer);
    await first();
    const { changes } = await again(constant);
    expect(changes).toMatchObject([{ shorter: false, differences: [{ path: "until.tokens" }] }]);
  });
});

describe("a run's own recipe.yaml", () => {
  const vocab = Object.fromEntries(
    [..."abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:\n"].map((letter, id) => [letter, id]),
  );

  test.each([
    ["beside the project's files", "run"],
    ["deep below them", "runs/a/b"],
  ])("runs from where it lies: %s", async (_, where) => {
    const { folder, recipe } = runs({ ...constant, data: { ...constant.data, tokenizer: "./tokens/tokenizer.json" } });
    mkdirSync(join(folder, "tokens"));
    writeFileSync(join(folder, "tokens/tokenizer.json"), JSON.stringify({ model: { type: "BPE", vocab, merges: [] } }));
    const out = join(folder, where);
    await runRecipe(recipe, { out, importer });
    const before = weights(out);
    const own = join(out, "recipe.yaml");
    expect(await runRecipe(own, { importer })).toEqual({ state: "done", directory: out, cached: true });
    expect(weights(out)).toEqual(before);
    // The second run writes the same recipe.
    const text = readFileSync(own, "utf8");
    await runRecipe(own, { importer });
    expect(readFileSync(own, "utf8")).toBe(text);
    expect(parse(text).data.corpus).toMatch(/^\.\..*text\.txt$/);
  });

  test("still runs after its project has moved", async () => {
    const { folder, recipe } = runs(constant);
    await runRecipe(recipe, { out: join(folder, "runs/x"), importer });
    const moved = `${folder}-moved`;
    onTestFinished(() => rmSync(moved, { recursive: true }));
    cpSync(folder, moved, { recursive: true });
    expect(await runRecipe(join(moved, "runs/x/recipe.yaml"), { importer })).toMatchObject({ cached: true });
  });
});

test("TensorBoard's steps, tokens and FLOPs go on through a growth, for each arm", async () => {
  const variant = { ...minimal, compare: [], variants: [{ operator: "interpolation" }] } satisfies RecipeInput;
  const { out, first } = runs(variant);
  await first();
  for (const arm of ["grown", "interpolation"]) {
    const folder = join(out, "tensorboard", arm);
    const files = readdirSync(folder).sort();
    const steps = files.flatMap((name) => stepsIn(readFileSync(join(folder, name)))).sort((a, b) => a - b);
    const run = await readRun(out);
    const ids = run.manifest.arms.find(({ name }) => name === arm)?.stages ?? [];
    const rows = ids.map((id) => run.stages.get(id)?.rows.length ?? 0);
    expect(steps).toEqual(Array.from({ length: rows.reduce((sum, n) => sum + n, 0) }, (_, i) => i + 1));
  }
});

/** The steps of the events in a file: field 2 of each record's proto, behind the time (field 1, a double). */
function stepsIn(bytes: Buffer): number[] {
  const steps: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const record = bytes.subarray(at + 12, at + 12 + length);
    if (record[9] === 0x10) steps.push(record[10] as number);
    at += 12 + length + 4;
  }
  return steps;
}

test("the memory of a machine is limited by its container", () => {
  expect(smallerLimit(64e9, 2e9)).toBe(2e9);
  // Where there is no limit, Node says so in one of these ways.
  for (const none of [undefined, 0, 2 ** 64, 64e9]) expect(smallerLimit(64e9, none)).toBe(64e9);
  expect(memoryBytes()).toBeGreaterThan(0);
});
