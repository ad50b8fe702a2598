// A third party's family on the command line: found as the project's package, named by --family, or by a run's recipe.
// Its checkpoints grow along its own axes, and can be generated from, previewed and inspected.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSources, writeModelDirectory } from "@cambium/checkpoint";
import { type Family, initParameters, modelSpec, writeHfModel } from "@cambium/model";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { writeBareFamily } from "../../model/test/support/bare-family.js";
import { cambium, json, writeProject } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-cli-family-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());
const base = join(folder, "base");
const text = join(folder, "text.txt");
const operator = (name: string) => new URL(`../../../operators/${name}/dist/index.js`, import.meta.url).pathname;
const wide = ["--operator", operator("direct-width"), "--set", "factor=2"];
const tokens = ["--tokens", "5,17,9", "--max-new-tokens", "8", "--temperature", "0", "--backend", "reference"];
const measured = ["--text", text, "--tokens", "32", "--context", "8", "--batch", "2", "--backend", "reference"];
/** The folder with the family as a single file, outside any project. */
const loose = join(folder, "loose");
let file: string;

/** Makes the working directory a project that depends on the family's package, or on nothing. */
function inProject(kind: "with the package" | "without"): void {
  const at = join(folder, kind.replaceAll(" ", "-"));
  mkdirSync(join(at, "node_modules"), { recursive: true });
  const dependencies = kind === "without" ? {} : { "cambium-family-bare": "1" };
  writeFileSync(join(at, "package.json"), JSON.stringify({ dependencies }));
  const link = join(at, "node_modules", "cambium-family-bare");
  if (kind !== "without" && !existsSync(link)) symlinkSync(loose, link);
  vi.spyOn(process, "cwd").mockReturnValue(at);
}

beforeAll(async () => {
  mkdirSync(loose);
  file = writeBareFamily(loose);
  const { default: bare } = (await import(/* @vite-ignore */ file)) as { default: Family };
  const sizes = { layers: 2, vocab: 256, hidden: 8, intermediate: 12, heads: 4, kvHeads: 2, contextLength: 32 };
  const model = modelSpec(bare, sizes);
  const tensors = hostSources(initParameters(model, { seed: "bare", scheme: "paper" }), "f32");
  await writeModelDirectory(base, { configJson: writeHfModel(model, { dtype: "f32" }), tensors });
  writeFileSync(text, Array.from({ length: 40 }, (_, i) => `Line ${i} of a text about a whale.\n`).join(""));
});

describe.each([
  { how: "as a package of the project", project: "with the package" as const, flags: () => [] },
  { how: "by --family PATH", project: "without" as const, flags: () => ["--family", file] },
])("found $how", ({ how, project, flags }) => {
  const grown = join(folder, `grown ${how.replaceAll("/", "")}`);

  test("grows in width along its axes and generates the same tokens", async () => {
    inProject(project);
    await json("grow", base, grown, ...wide, ...flags());
    const config = JSON.parse(readFileSync(join(grown, "config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: "bare", hidden_size: 16, num_attention_heads: 8, num_hidden_layers: 2 });
    const [before, after] = [
      await json("generate", base, ...tokens, ...flags()),
      await json("generate", grown, ...tokens, ...flags()),
    ];
    expect(after).toEqual(before);
  });

  test("is previewed and inspected", async () => {
    inProject(project);
    const shown = await json("preview", base, ...wide, ...measured, ...flags());
    const { base: own, grown: larger } = shown as { base: { loss: number }; grown: { loss: number } };
    // About ten f32 sums each; the loss is about 5.5.
    expect(Math.abs(larger.loss - own.loss)).toBeLessThan(1e-5);
    expect(await json("inspect", base, ...flags())).toMatchObject({ family: "bare", config: { hidden: 8 } });
    expect(await json("inspect", base, "--graph", "loss", ...flags())).toMatchObject({ nodes: expect.any(Number) });
  });
});

test("is trained further with --family, and the same command finds the run done", async () => {
  inProject("without");
  const sizes = ["--tokens", "64", "--context", "8", "--batch", "2", "--backend", "reference"];
  const train = ["train", base, "--corpus", text, ...sizes, "--out", join(folder, "trained"), "--family", file];
  const { model } = (await json(...train)) as { model: string };
  expect(JSON.parse(readFileSync(join(model, "config.json"), "utf8"))).toMatchObject({ model_type: "bare" });
  expect(await json(...train)).toMatchObject({ model, cached: true });
});

test("without the family, it grows in depth only, and a width operator says which family is missing", async () => {
  inProject("without");
  expect(
    await json("grow", base, join(folder, "deep"), "--operator", operator("stack"), "--factor", "2"),
  ).toMatchObject({
    plan: { target: { family: "opaque" } },
  });
  const { code, errors } = await cambium(["grow", base, join(folder, "none"), ...wide]);
  expect(code).toBe(2);
  expect(errors).toContain("E_FAMILY_AXIS");
  expect(errors).toContain("npm install cambium-family-bare");
});

test("a missing family in --family is one of the reported mistakes", async () => {
  inProject("without");
  const { code, errors } = await cambium(["grow", base, join(folder, "none"), ...wide, "--family", "./nowhere.js"]);
  expect(code).toBe(2);
  expect(errors).toMatch(/E_PLUGIN_MISSING[\s\S]*\.\/nowhere\.js/);
});

test("a run's model has the family that its recipe names", async () => {
  const project = join(folder, "run");
  const recipe = writeProject(project, (yaml) => yaml.replace("model: {", `model: { family: ${file},`));
  vi.spyOn(process, "cwd").mockReturnValue(project);
  await json("run", recipe, "--out", join(project, "out"));
  const report = await json("grow", join(project, "out"), join(project, "grown"), ...wide);
  expect(report).toMatchObject({ plan: { target: { family: "bare", config: { hidden: 16 } } } });
});
