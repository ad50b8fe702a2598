// Mistakes in recipes and in what they name: the typed error in one screen, exit code 2, no stack trace.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expectMistake, folder, valid, write } from "./bad-input.js";
import { cambium } from "./support.js";

describe("recipes", () => {
  const cases: [what: string, from: string | RegExp, to: string, mentions: RegExp][] = [
    ["an empty file", /[\s\S]*/, "", /recipe is empty/],
    ["a list", /[\s\S]*/, "- 1", /expected/],
    ["broken YAML", "name: r", "name: [", /not valid YAML/],
    ["a tab for indentation", "name: r", "name:\n\tr: 1", /not valid YAML/],
    ["a key twice", "name: r", "name: r\nname: s", /not valid YAML/],
    ["a misspelt field", "train:", "trian:", /did you mean "train"/],
    ["a misspelt inner field", "factor:", "facter:", /did you mean "factor"/],
    ["an unknown field", "name: r", "name: r\ncolour: red", /unknown field "colour"/],
    ["no name", "name: r\n", "", /"name" is missing/],
    ["a name that is a path", "name: r", "name: ../r", /letters, digits/],
    ["a negative seed", "name: r", "name: r\nseed: -1", /seed/],
    ["a seed that is text", "name: r", "name: r\nseed: one", /"seed" does not fit/],
    ["no data", /data: .*\n/, "", /"data" is missing/],
    ["no corpus", "corpus: ./text.txt", "tokenizer: bytes", /"data.corpus" is missing/],
    ["all text held out", "corpus: ./text.txt", "corpus: ./text.txt, heldOut: 1", /heldOut/],
    ["half a layer", "layers: 2", "layers: 2.5", /model.layers/],
    ["fewer layers than none", "layers: 2", "layers: -1", /model.layers/],
    ["no sizes", /model: .*/, "model: { context: 8 }", /"model.layers" is missing/],
    ["sizes of a checkpoint", "layers: 2", "from: ./m, layers: 2", /comes from a checkpoint/],
    ["heads that do not divide", "heads: 2", "heads: 3", /multiple of heads/],
    ["an odd head", "heads: 2", "heads: 16", /even/],
    ["key/value heads that do not divide", "heads: 2", "heads: 4, kvHeads: 3", /kvHeads/],
    ["an unknown initialisation", "layers: 2", "init: heuristic, layers: 2", /paper, hf/],
    ["factor and layers", "factor: 2", "factor: 2, layers: 4", /both a factor and layers/],
    ["a factor of 1", "factor: 2", "factor: 1", /factor/],
    ["growth without a time", ", at: 1k", "", /growth.0.at/],
    ["growth after the end", "at: 1k", "at: 1M", /after training has ended/],
    ["unknown moments", "at: 1k", "at: 1k, moments: keep", /reset, carry, pad/],
    ["tokens that are a word", "tokens: 10k", "tokens: many", /whole number/],
    ["a fraction of a token", "tokens: 10k", "tokens: 1.5", /train.tokens/],
    ["fewer tokens than a step", "tokens: 10k", "tokens: 8", /one optimizer step/],
    ["a learning rate of 0", "lr: 1e-3", "lr: 0", /train.lr/],
    ["a learning rate that is text", "lr: 1e-3", "lr: fast", /"train.lr" does not fit/],
    ["an unknown schedule", "lr: 1e-3", "lr: 1e-3, schedule: cosin", /did you mean "cosine"/],
    ["a beta of 1", "lr: 1e-3", "lr: 1e-3, optimizer: { beta1: 1 }", /beta1/],
    ["a clip of 0", "lr: 1e-3", "lr: 1e-3, optimizer: { clip: 0 }", /clip/],
    ["an unknown arm", "name: r", "name: r\ncompare: [nothing]", /compare/],
    ["a negative temperature", "name: r", "name: r\nsamples: { temperature: -1 }", /temperature/],
  ];
  test.each(cases)("%s", async (_, from, to, mentions) => {
    const recipe = write("recipe.yaml", valid.replace(from, to));
    await expectMistake(["inspect", recipe], "E_RECIPE", mentions, /recipe\.yaml:\d+:\d+/);
  });

  test("all mistakes at once", async () => {
    const recipe = write(
      "recipe.yaml",
      valid.replace("layers: 2", "layers: -1").replace("lr: 1e-3", "lr: 0").replace("name: r", "nam: r"),
    );
    const mentions = [
      /5 mistakes/,
      /model\.layers/,
      /train\.lr/,
      /"nam"/,
      /E_NOT_FOUND: .*recipe.yaml:2:9[\s\S]*text\.txt/,
    ];
    await expectMistake(["run", recipe], "E_RECIPE", ...mentions);
  });

  test("mistakes in the text, in the names and in the resulting shapes together", async () => {
    const recipe = write(
      "recipe.yaml",
      valid
        .replace("operator: stack", "operator: stakc")
        .replace("reference", "refrence")
        .replace("layers: 2", "family: llamma, layers: 2")
        .replace("lr: 1e-3", "lr: 0"),
    );
    const mentions = [
      /5 mistakes/,
      /E_PLUGIN_MISSING: .*3:1: /,
      /did you mean "reference"/,
      /E_NOT_FOUND/,
      /"train.lr"/,
    ];
    await expectMistake(["run", recipe, "--out", join(folder, "run")], "E_RECIPE", ...mentions);
    const { errors } = await cambium(["run", recipe, "--json"]);
    const { reasons } = JSON.parse(errors).error as { reasons: { hint?: string }[] };
    const hints = reasons.map(({ hint }) => hint).join();
    for (const name of ["llama", "stack"]) expect(hints).toContain(`did you mean "${name}"`);
    expect(existsSync(join(folder, "run"))).toBe(false);

    const misshaped = write("shapes.yaml", valid.replace("factor: 2", "factor: 2, options: { kep: 1 }"));
    await expectMistake(["run", misshaped], "E_RECIPE", /2 mistakes/, /E_NOT_FOUND/, /E_GROWTH_OPTION: .*5:1: /);
  });
});

describe("names in a recipe", () => {
  const cases: [string, (text: string) => string, string, RegExp][] = [
    [
      "a backend that is not installed",
      (t) => t.replace("reference", "abacus"),
      "E_PLUGIN_MISSING",
      /npm install @cambium\/backend-abacus/,
    ],
    [
      "a backend at a missing path",
      (t) => t.replace("reference", '"./nowhere.mjs"'),
      "E_PLUGIN_MISSING",
      /check the path/,
    ],
    [
      "an operator that is not installed",
      (t) => t.replace("stack", "stakc"),
      "E_PLUGIN_MISSING",
      /did you mean "stack"\?/,
    ],
    [
      "an operator that is not a package name",
      (t) => t.replace("stack", '"A B"'),
      "E_PLUGIN_NAME",
      /does not name an\s+operator/,
    ],
    ["a corpus that is not there", (t) => t, "E_NOT_FOUND", /text\.txt/],
    ["an unknown embedded corpus", (t) => t.replace("./text.txt", "war-and-peace"), "E_", /war-and-peace/],
    [
      "a tokenizer that is not there",
      (t) => t.replace("./text.txt", "moby-dick, tokenizer: ./t.json"),
      "E_NOT_FOUND",
      /t\.json/,
    ],
    [
      "a checkpoint that is not there",
      (t) => t.replace(/model: .*/, "model: { from: ./none, context: 8 }"),
      "E_NOT_FOUND",
      /none/,
    ],
  ];
  test.each(cases)("%s", async (_, change, code, mentions) => {
    const recipe = write(
      "recipe.yaml",
      change(valid).replace(/growth: .*\n/, (line) => (/stakc|A B/.test(line) ? line : "")),
    );
    await expectMistake(["run", recipe, "--out", join(folder, "run")], code, mentions);
  });

  test.each([
    ["an operator that does not load", "throw new Error('out of sap');", "E_PLUGIN_BROKEN", /out of sap/],
    ["an operator that exports nothing", "export const x = 1;", "E_PLUGIN_INVALID", /no default export/],
    ["an operator of another contract", "export default { contract: 99 };", "E_PLUGIN_CONTRACT", /99/],
  ])("%s", async (_, source, code, mentions) => {
    write("operator.mjs", source);
    await expectMistake(["run", write("recipe.yaml", valid.replace("stack", "./operator.mjs"))], code, mentions);
  });
});
