// The commands on golden checkpoints, and on a small run from recipe to report.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SafetensorsFile } from "@cambium/checkpoint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cambium, golden, json, output, stack, writeProject } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));

function readJson(...path: string[]): Record<string, unknown> {
  return JSON.parse(readFileSync(join(...path), "utf8")) as Record<string, unknown>;
}

describe("generate", () => {
  const cases = ["mha-untied", "gqa-tied"].flatMap((name) =>
    ["reference", "onnx"].map((backend) => ({ name, backend })),
  );

  test.each(cases)("gives the tokens of transformers, greedily: $name on $backend", async ({ name, backend }) => {
    const { prompt, newTokens } = readJson(golden, name, "generate.json") as Record<string, number[]>;
    const count = String(newTokens?.length);
    const args = ["--tokens", `${prompt}`, "--max-new-tokens", count, "--temperature", "0", "--backend", backend];
    expect(await json("generate", join(golden, name), ...args)).toEqual({ tokens: newTokens, finish: "length" });
    expect(await output("generate", join(golden, name), ...args)).toBe(`${newTokens}\n`);
  });

  test("stays within the context by default", async () => {
    const args = ["--tokens", Array(120).fill(3).join(), "--backend", "reference", "--top-k", "1"];
    const { tokens } = await json("generate", join(golden, "gqa-tied"), ...args);
    expect((tokens as number[]).length).toBeLessThanOrEqual(9);
  });
});

describe("grow", () => {
  const source = join(folder, "source");
  const companions = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "LICENSE",
  ];
  beforeAll(() => {
    cpSync(join(golden, "gqa-tied"), source, { recursive: true });
    for (const name of companions) writeFileSync(join(source, name), `{ "${name}":   1 }\r\n`);
    writeFileSync(join(source, "README.md"), "not the model's");
  });

  test.each(["config.json", "config.v4.json"])(
    "stacks a checkpoint: every byte is its source's; %s",
    async (spelling) => {
      const target = join(folder, `grown-${spelling}`);
      copyFileSync(join(golden, "gqa-tied", spelling), join(source, "config.json"));
      await output("grow", source, target, "--operator", stack, "--factor", "2");
      const { num_hidden_layers: layers, ...rest } = readJson(target, "config.json");
      const { num_hidden_layers: before, ...same } = readJson(source, "config.json");
      expect([before, layers]).toEqual([2, 4]);
      expect(rest).toEqual(same);
      await using small = await SafetensorsFile.open(join(source, "model.safetensors"));
      await using large = await SafetensorsFile.open(join(target, "model.safetensors"));
      for (const name of large.tensors.keys()) {
        const from = name.replace(/layers\.(\d+)\./, (_, layer) => `layers.${Number(layer) % 2}.`);
        expect(Buffer.from(await large.readBytes(name)).equals(await small.readBytes(from)), name).toBe(true);
      }
      for (const name of companions) expect(readFileSync(join(target, name))).toEqual(readFileSync(join(source, name)));
      expect(readFileSync(join(target, "README.md"), "utf8")).toContain("growth operator `stack`");
    },
  );

  test("a dry run prints the plan and writes nothing", async () => {
    const target = join(folder, "none");
    const args = ["grow", join(golden, "odd"), target, "--operator", stack, "--factor", "3", "--dry-run"];
    expect(await output(...args)).toMatch(/R_c\s+3\/5/);
    expect(await json(...args)).toMatchObject({ written: null, plan: { target: { config: { layers: 6 } } } });
    expect(existsSync(target)).toBe(false);
  });

  test("options may be repeated, and stand before the arguments", async () => {
    const args = [
      "grow",
      "--set",
      "factor=2",
      "--operator",
      stack,
      "--dry-run",
      join(golden, "odd"),
      join(folder, "none"),
    ];
    expect(await json(...args)).toMatchObject({ plan: { target: { config: { layers: 4 } } } });
  });
});

describe("a run", () => {
  const project = join(folder, "project");
  const run = join(project, "out");
  let first: Record<string, unknown>;
  let recipe = "";
  beforeAll(async () => {
    recipe = writeProject(project);
    first = await json("run", recipe, "--out", run);
  }, 120_000);

  test("prints its figures as JSON and writes a report", () => {
    const arm = { done: true, layers: 2, finalHeldOutLoss: expect.any(Number) };
    const arms = [
      { ...arm, name: "grown" },
      { ...arm, name: "scratch" },
    ];
    expect(first).toMatchObject({
      directory: run,
      report: join(run, "report.html"),
      cached: false,
      name: "small",
      arms,
    });
    expect(readFileSync(join(run, "report.html"), "utf8")).toMatch(/^<!doctype html>/i);
  });

  test("does nothing the second time, and says so", async () => {
    const { output: table, errors } = await cambium(["run", recipe, "--out", run]);
    expect(table).toMatch(
      /│ grown [\s\S]*│ scratch [\s\S]*Nothing to do: this run is done\. Report: .*report\.html\n$/,
    );
    expect(errors.match(/done before/g)).toHaveLength(3);
  });

  test("can be generated from, by text and by tokens", async () => {
    const prompt = ["--prompt", "Line 3", "--max-new-tokens", "3", "--backend", "reference"];
    const made = await json("generate", run, ...prompt);
    expect(made).toMatchObject({
      tokens: [expect.any(Number), expect.any(Number), expect.any(Number)],
      finish: "length",
    });
    expect(await output("generate", run, ...prompt)).toBe(`Line 3${made["text"]}\n`);
    const tokens = [...Buffer.from("Line 3")].join();
    expect(await json("generate", run, "--tokens", tokens, ...prompt.slice(2))).toMatchObject({
      tokens: made["tokens"],
    });
  });

  test("is generated from on the backend it used, with options for it", async () => {
    const args = ["generate", run, "--prompt", "Line", "-n", "1", "--backend-option"];
    expect((await cambium([...args, "profile=true"])).code).toBe(0);
    for (const command of [args, ["run", recipe, "--out", join(project, "refused"), "--backend-option"]]) {
      const { code, errors } = await cambium([...command, "porfile=true"]);
      expect(code).toBe(2);
      expect(errors).toMatch(/backend "reference" cannot take these options[\s\S]*did you mean "profile"/);
    }
  });

  test("can be grown and trained further", async () => {
    const grown = join(folder, "from-run");
    expect(await json("grow", run, grown, "--operator", stack, "--layers", "4")).toMatchObject({ written: grown });
    const corpus = ["--corpus", join(project, "text.txt"), "--tokens", "0.064k", "--batch", "2", "--context", "8"];
    const train = ["train", grown, ...corpus, "--backend", "reference", "--out", join(folder, "trained")];
    const trained = await json(...train);
    expect(trained).toMatchObject({ directory: join(folder, "trained"), cached: false });
    expect(readJson(String(trained["model"]), "config.json")).toMatchObject({ num_hidden_layers: 4 });
    expect(await json(...train)).toEqual({ ...trained, cached: true });
    expect(await output(...train)).toBe(`Trained: ${trained["model"]}\n`);
  });

  test("is reported and inspected with the same figures", async () => {
    const { directory: _, cached: __, report, ...figures } = first;
    expect(await json("report", run)).toEqual({ report, ...figures });
    expect(await json("inspect", run)).toEqual(figures);
    expect(await output("report", run)).toMatch(/│ grown [\s\S]*Report: /);
  });

  test("has parts that can be inspected", async () => {
    const [{ stages }] = readJson(run, "run.json")["arms"] as [{ stages: string[] }];
    const stage = (n: number, ...names: string[]) => join(run, "stages", stages.at(n) ?? "", ...names);
    expect(await json("inspect", join(run, "run.json"))).toEqual(await json("inspect", run));
    const target = await output("inspect", stage(-1));
    expect(target).toMatch(
      /a stage of a run, target, done\n[\s\S]*grown +by stack \S+ from base-[\s\S]*held-out at best/,
    );
    expect(await output("inspect", stage(-1, "record.json"))).toBe(target);
    expect(await output("inspect", stage(0, "metrics.jsonl"))).toMatch(
      /metrics of a stage\n +metrics +\d+ rows, steps 1 to/,
    );
    const saved = await output("inspect", stage(-1, "snapshot"));
    expect(saved).toMatch(/a snapshot of a stage, after step \d+, \d+ tokens\n/);
    const [manifest = ""] = readdirSync(stage(-1, "snapshot")).filter((name) => name.endsWith(".json"));
    expect(await output("inspect", stage(-1, "snapshot", manifest))).toBe(saved);
    expect(await json("inspect", stage(-1, "model", "config.json"))).toEqual(await json("inspect", stage(-1, "model")));
    const [tokens = ""] = readdirSync(join(run, "data")).filter((name) => name.endsWith(".tokens"));
    expect(await json("inspect", join(run, "data", tokens))).toMatchObject({ kind: "tokens", vocabSize: 256 });
  });

  test("prints its progress in plain lines without a terminal", async () => {
    const { errors } = await cambium(["run", recipe, "--out", join(project, "plain")]);
    expect(errors).not.toContain("\x1b");
    expect(errors).not.toContain("\r");
    expect(errors).toMatch(/^Computing on reference/);
    expect(errors).toMatch(/\nbase: 1 layer × 8, 96 tokens\n/);
    expect(errors).toMatch(
      /\n {2}target 100 % {2}loss \d\.\d{3} {2}held-out \d\.\d{3} {2}\S+ tok\/s {2}\d+ s left of the run\n/,
    );
    const took = "\\d+(\\.\\d)? m?s";
    const switched = `state down ${took}, plan ${took}, state up ${took}; compiled ahead in ${took}`;
    expect(errors).toMatch(new RegExp(`\\nGrown with stack \\S+ to 2 layers: ${switched}\\n`));
  });
});

describe("train", () => {
  test("uses a checkpoint's own tokenizer and copies it along", async () => {
    const model = join(folder, "with-tokenizer");
    cpSync(join(golden, "odd"), model, { recursive: true });
    const tokenizer = new URL("../../data/test/golden/unigram/", import.meta.url).pathname;
    for (const name of ["tokenizer.json", "tokenizer_config.json"])
      copyFileSync(join(tokenizer, name), join(model, name));
    writeProject(join(folder, "texts"));
    const corpus = ["--corpus", join(folder, "texts", "text.txt"), "--tokens", "32", "--batch", "1", "--context", "16"];
    const args = ["train", model, ...corpus, "--backend", "reference", "--out", join(folder, "trained-odd")];
    const trained = String((await json(...args))["model"]);
    expect(readFileSync(join(trained, "tokenizer.json"))).toEqual(readFileSync(join(tokenizer, "tokenizer.json")));
    const made = await json("generate", trained, "--prompt", "the whale", "-n", "2", "--backend", "reference");
    expect(made["text"]).toEqual(expect.any(String));
  });
});

describe("inspect", () => {
  test("a checkpoint that can neither be run nor grown: inspect and grow give the same reason", async () => {
    const foreign = join(folder, "gpt2");
    cpSync(join(golden, "odd"), foreign, { recursive: true });
    writeFileSync(join(foreign, "config.json"), JSON.stringify({ model_type: "gpt2", n_layer: 2 }));
    expect(await output("inspect", foreign)).toMatch(/gpt2; grow refuses it, [\s\S]*num_hidden_layers/);
    const grown = await cambium(["grow", foreign, join(folder, "no"), "--operator", stack, "--factor", "2"]);
    expect(grown).toMatchObject({ code: 2, errors: expect.stringMatching(/num_hidden_layers/) });
  });

  test("a family that can only be grown is shown by its tensors", async () => {
    const foreign = join(folder, "foreign");
    cpSync(join(golden, "odd"), foreign, { recursive: true });
    const config = JSON.parse(readFileSync(join(foreign, "config.json"), "utf8"));
    writeFileSync(join(foreign, "config.json"), JSON.stringify({ ...config, model_type: "qwen3_moe" }));
    expect(await output("inspect", foreign)).toMatch(/foreign: qwen3_moe; grow can .*\n +tensors +20, .*F32/);
    expect((await json("inspect", foreign))["tensors"]).toHaveLength(20);
  });

  test("a recipe: its stages, budgets and growth", async () => {
    const recipe = writeProject(join(folder, "recipe"));
    const text = await output("inspect", recipe);
    expect(text).toMatch(/grown: [\s\S]*base: 1 layer × 8[\s\S]*R_c [\s\S]*target: 2 layers[\s\S]*scratch: 2 layers/);
    const [grown, scratch] = (await json("inspect", recipe))["arms"] as {
      stages: { layerMap: unknown; tokens: number }[];
    }[];
    expect(grown?.stages[1]).toMatchObject({ layers: 2, layerMap: [0, 0], connectionRate: { value: 0 } });
    expect(scratch?.stages).toMatchObject([{ layers: 2, tokens: 320 }]);
    const graph = ["inspect", recipe, "--graph", "step"];
    expect(await output(...graph)).toMatch(/replaces "model\.layers\.1\.(?![\s\S]*model\.layers\.2)/);
    expect(await output(...graph, "--precision", "mixed")).toContain("f16[");
  });

  test("a checkpoint, its tensors, and the graphs of its model", async () => {
    const odd = join(golden, "odd");
    expect(await json("inspect", odd)).toMatchObject({ config: { layers: 2, hidden: 72 }, parameters: {} });
    expect(await output("inspect", odd)).toMatch(/llama, 2 layers × 72[\s\S]*vocabulary +259/);
    expect(await output("inspect", join(odd, "model.safetensors"))).toContain("model.embed_tokens.weight  F32[259,72]");
    expect((await json("inspect", join(odd, "model.safetensors")))["tensors"]).toHaveLength(20);
    const graph = ["inspect", odd, "--graph", "step", "--context", "4"];
    expect(await output(...graph)).toMatch(/= adamw\([\s\S]*replaces "model\.norm\.weight"[\s\S]*FLOP/);
    expect(await json(...graph)).toMatchObject({ nodes: expect.any(Number), matrixFlops: expect.any(Number) });
  });
});
