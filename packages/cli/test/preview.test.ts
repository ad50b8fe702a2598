// cambium preview: the loss of a grown model that is not written, compared with the loss of the same model on disk.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSources, writeModelDirectory } from "@cambium/checkpoint";
import { countParameters, initParameters, llama, modelSpec, writeHfModel } from "@cambium/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cambium, json, output, stack } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-preview-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const operator = (name: string) => new URL(`../../../operators/${name}/dist/index.js`, import.meta.url).pathname;
const config = modelSpec(llama, {
  ...{ layers: 2, vocab: 256, hidden: 16, intermediate: 24, heads: 4, kvHeads: 2, contextLength: 32 },
});
const model = join(folder, "model");
const text = join(folder, "text.txt");
const measured = ["--text", text, "--tokens", "32", "--context", "8", "--batch", "2"];

interface Shown {
  readonly base: { readonly loss: number; readonly layers: number };
  readonly grown: { readonly loss: number; readonly layers: number };
  readonly weightBytes: number;
  readonly tokens: number;
}
const preview = async (...args: string[]) => (await json("preview", ...args, ...measured)) as unknown as Shown;

beforeAll(async () => {
  const tensors = hostSources(initParameters(config, { seed: "preview", scheme: "hf" }), "f32");
  await writeModelDirectory(model, { configJson: writeHfModel(config, { dtype: "f32" }), tensors });
  writeFileSync(text, Array.from({ length: 40 }, (_, i) => `Line ${i} of a text about a whale.\n`).join(""));
});

describe.each(["reference", "onnx"])("on %s", (backend) => {
  test("gives the loss of the model that grow writes, in the base's memory, and leaves no files behind", async () => {
    const before = [readdirSync(folder), readdirSync(model)];
    const args = ["--operator", stack, "--factor", "3", "--backend", backend];
    const shown = await preview(model, ...args);
    expect([readdirSync(folder), readdirSync(model)]).toEqual(before);
    expect(shown).toMatchObject({ base: { layers: 2 }, grown: { layers: 6 }, tokens: 32 });
    expect(shown.weightBytes).toBe(4 * countParameters(config).total);
    const grown = join(folder, `grown-${backend}`);
    await output("grow", model, grown, ...args.slice(0, 4));
    const again = await preview(grown, "--operator", stack, "--factor", "1", "--backend", backend);
    expect(again.base.loss).toBe(shown.grown.loss);
    expect(again.grown.loss).toBe(again.base.loss);
    expect(shown.grown.loss).not.toBe(shown.base.loss);
  });

  test("also computes what is not a copy: an operator that keeps the function keeps the loss", async () => {
    const args = ["--operator", operator("zero-depth"), "--factor", "2", "--backend", backend];
    const shown = await preview(model, ...args);
    // Zeroed outputs add exact zeros to the residual stream.
    expect(shown.grown.loss).toBe(shown.base.loss);
    const wide = await preview(
      model,
      "--operator",
      operator("direct-width"),
      "--set",
      "hidden=32",
      "--backend",
      backend,
    );
    // f32 rounding of sums taken in another order.
    expect(Math.abs(wide.grown.loss - wide.base.loss)).toBeLessThan(1e-5);
    expect(wide.weightBytes).toBeGreaterThan(shown.weightBytes);
  });
});

test("prints the figures as text", async () => {
  const shown = await output("preview", model, "--operator", stack, "--backend", "reference", ...measured);
  expect(shown).toMatch(/^operator +\S+ [\d.]+ strict=true\n/);
  expect(shown).toMatch(/R_c +4\/7[\s\S]*base loss +\d+\.\d+ [\s\S]*grown loss[\s\S]*\ndifference +[+-]\d/);
});

test.each([
  ["one NaN in the embedding", (): number => Number.NaN],
  ["infinity", (): number => Number.POSITIVE_INFINITY],
  ["numbers that overflow", (): number => 3e38],
])("refuses weights with %s, with an exit code and no figures", async (_, value) => {
  const bad = join(folder, "bad");
  const values = initParameters(config, { seed: "preview", scheme: "hf" });
  for (const { data } of Object.values(values)) data[0] = value();
  const configJson = writeHfModel(config, { dtype: "f32" });
  await writeModelDirectory(bad, { configJson, tensors: hostSources(values, "f32"), replace: true });
  for (const form of [[], ["--json"]]) {
    const {
      code,
      errors,
      output: printed,
    } = await cambium([...["preview", bad, "--operator", stack, "--backend", "reference"], ...measured, ...form]);
    expect(code).not.toBe(0);
    expect(errors).toMatch(/E_NOT_FINITE[\s\S]*the base model/);
    expect(printed).toBe("");
  }
});

test("reports every mistake at once, each with its code", async () => {
  const { code, errors } = await cambium(["preview", join(folder, "no"), "--operator", "stakc", "--factor", "x"]);
  expect(code).toBe(2);
  expect(errors).toMatch(/^E_MISTAKES: there are 4 mistakes/);
  for (const mistake of [
    /E_PLUGIN\w*: .*stakc/,
    /E_OPTION: --factor/,
    /E_OPTION: one of --text and --corpus/,
    /E_NOT_FOUND/,
  ])
    expect(errors).toMatch(mistake);
});

test("has examples and its JSON in its help", async () => {
  expect(await output("preview", "--help")).toMatch(/With --json: [\s\S]*Examples:\n {2}cambium preview/);
});
