// Paths that are nearly right, and things that are of another kind than was meant, are told so.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cambium } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-nearest-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "runs", "mine"), { recursive: true });
writeFileSync(join(folder, "runs", "mine", "run.json"), "{}");
writeFileSync(join(folder, "recipe.yaml"), "name: a\n");
writeFileSync(join(folder, "long.txt"), "The whale. ".repeat(10_000));
const at = (...names: string[]) => join(folder, ...names);

test.each([
  ["another ending", ["run", at("recipe.yml")], "E_NOT_FOUND", `did you mean ${at("recipe.yaml")}?`],
  [
    "a folder misspelt",
    ["generate", at("run", "mine"), "-p", "a"],
    "E_NOT_FOUND",
    `did you mean ${at("runs", "mine")}?`,
  ],
  ["a file misspelt", ["inspect", at("recpie.yaml")], "E_NOT_FOUND", `did you mean ${at("recipe.yaml")}?`],
  ["a folder of runs", ["inspect", at("runs")], "E_RUN_NOT_FOUND", at("runs", "mine")],
  ["a folder of runs to generate from", ["generate", at("runs"), "-p", "a"], "E_RUN_NOT_FOUND", at("runs", "mine")],
  ["a text as a recipe", ["run", at("long.txt")], "E_RECIPE", "cambium init TEXT"],
  ["a text to inspect", ["inspect", at("long.txt")], "E_SAFETENSORS_HEADER", "a recipe (.yaml)"],
  ["a prompt without its option", ["generate", at("runs", "mine"), "The whale"], "E_USAGE", "behind its name"],
])("%s", async (_, args, code, hint) => {
  const told = await cambium(args);
  expect(told.code).toBe(2);
  expect(told.errors).toContain(`${code}: `);
  expect(told.errors.replace(/\s+/g, " ")).toContain(hint);
});
