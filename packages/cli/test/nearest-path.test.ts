// Misspelt paths, and paths to another kind of thing than the command expects, get a hint.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
symlinkSync("gone.yaml", join(folder, "linked.yaml"));
symlinkSync("/gone/runs", join(folder, "links"));
mkdirSync(join(folder, "swept", "cells", "seed=0"), { recursive: true });
writeFileSync(join(folder, "swept", "cells", "seed=0", "run.json"), "{}");
mkdirSync(join(folder, "both"));
for (const name of ["run.json", "config.json"]) writeFileSync(join(folder, "both", name), "{}");
const at = (...names: string[]) => join(folder, ...names);

test.each([
  ["another extension", ["run", at("recipe.yml")], "E_NOT_FOUND", `did you mean ${at("recipe.yaml")}?`],
  [
    "a misspelt folder",
    ["generate", at("run", "mine"), "-p", "a"],
    "E_NOT_FOUND",
    `did you mean ${at("runs", "mine")}?`,
  ],
  ["a misspelt file", ["inspect", at("recpie.yaml")], "E_NOT_FOUND", `did you mean ${at("recipe.yaml")}?`],
  ["a link to nothing", ["run", at("linked.yaml")], "E_NOT_FOUND", "linked.yaml is a link to gone.yaml, which is not"],
  ["a link to nothing, inspected", ["inspect", at("linked.yaml")], "E_NOT_FOUND", "is a link to gone.yaml"],
  ["a folder that is a link", ["generate", at("links", "mine"), "-p", "a"], "E_NOT_FOUND", "is a link to /gone/runs"],
  ["a folder of runs", ["inspect", at("runs")], "E_RUN_NOT_FOUND", at("runs", "mine")],
  ["a folder of runs to generate from", ["generate", at("runs"), "-p", "a"], "E_RUN_NOT_FOUND", at("runs", "mine")],
  ["a folder of a sweep", ["inspect", at("swept")], "E_RUN_NOT_FOUND", at("swept", "cells", "seed=0")],
  ["a run in a checkpoint's folder", ["generate", at("both"), "-p", "a"], "E_TWO_MODELS", at("both", "stages")],
  ["a text as a recipe", ["run", at("long.txt")], "E_RECIPE", "cambium init TEXT"],
  ["a text to inspect", ["inspect", at("long.txt")], "E_SAFETENSORS_HEADER", "a recipe (.yaml)"],
  ["a prompt without its option", ["generate", at("runs", "mine"), "The whale"], "E_USAGE", "after its name"],
])("%s", async (_, args, code, hint) => {
  const ended = await cambium(args);
  expect(ended.code).toBe(2);
  expect(ended.errors).toContain(`${code}: `);
  expect(ended.errors.replace(/\s+/g, " ")).toContain(hint);
});
