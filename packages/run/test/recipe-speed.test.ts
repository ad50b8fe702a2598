// Speeds of a recipe's training: measured once and remembered; and what `backend: auto` makes of them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBackend, referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { llama, modelSpec } from "@cambium/model";
import { defaultOptimizer } from "@cambium/train";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { measureSpeeds, type RunObserver, runRecipe, type Speed } from "../src/index.js";
import { importer as given, minimal, project } from "./support.js";

const cache = mkdtempSync(join(tmpdir(), "cambium-speeds-"));
const before = process.env["XDG_CACHE_HOME"];
beforeEach(() => {
  process.env["XDG_CACHE_HOME"] = cache;
});
afterEach(() => {
  if (before === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = before;
  rmSync(join(cache, "cambium"), { recursive: true, force: true });
});

const unavailable = new CambiumError("E_BACKEND_UNAVAILABLE", "there is no device");
const modules: Readonly<Record<string, unknown>> = {
  "cambium-backend-quick": { default: { ...referenceBackend, name: "quick" } },
  "cambium-backend-none": {
    default: defineBackend({ name: "none", open: () => Promise.reject(unavailable), probe: async () => [] }),
  },
};
const importer = {
  resolve: (specifier: string) => (specifier in modules ? specifier : null),
  import: async (address: string) => modules[address],
};
const sizes = { vocab: 8, hidden: 4, intermediate: 4, layers: 1, heads: 1, kvHeads: 1, contextLength: 4 };
const what = { model: modelSpec(llama, sizes), batch: 1, context: 4, optimizer: defaultOptimizer };

async function measured(fresh = false) {
  const started: string[] = [];
  const found = await measureSpeeds(what, {
    ...{ names: ["quick", "none"], importer, fresh },
    onStart: (_, precision) => started.push(precision),
  });
  return { found, started, speeds: found.filter((one): one is Speed => "tokensPerSecond" in one) };
}

test("every precision that a device computes is measured once and remembered; a backend without a device says why", async () => {
  const first = await measured();
  expect(first.started).toEqual(["f32", "mixed", "bf16"]);
  expect(first.speeds.every(({ tokensPerSecond, remembered }) => tokensPerSecond > 0 && !remembered)).toBe(true);
  expect(first.found.at(-1)).toEqual({ backend: "none", reason: "there is no device" });
  const second = await measured();
  expect(second.started).toEqual([]);
  expect(second.speeds).toEqual(first.speeds.map((one) => ({ ...one, remembered: true })));
  expect((await measured(true)).started).toHaveLength(3);
});

test.each(["{", '{ "a": "fast" }'])("a cache that holds %s is measured anew", async (text) => {
  await measured();
  writeFileSync(join(cache, "cambium", "speeds.json"), text);
  expect((await measured()).started).toHaveLength(3);
});

describe("backend: auto", () => {
  const listing = (...names: readonly string[]) => ({
    ...importer,
    resolve: (specifier: string) => importer.resolve(specifier) ?? given.resolve(specifier),
    import: (address: string) => (address in modules ? importer.import(address) : given.import(address)),
    list: () => names.map((name) => ({ kind: "backend" as const, name, package: `cambium-backend-${name}` })),
  });

  test("takes the fastest backend that trains the recipe, and a run that goes on keeps it", async () => {
    const { folder, recipe, out } = project({ ...minimal, backend: "auto" });
    const chosen: unknown[] = [];
    const observer: RunObserver = {
      onBackend: (backend, found) => void chosen.push([backend, found.map((one) => "reason" in one)]),
    };
    await runRecipe(recipe, { out, observer, importer: listing("none", "quick") });
    expect(await runRecipe(recipe, { out, observer, importer: listing("none") })).toMatchObject({ cached: true });
    expect(chosen).toEqual([
      ["quick", [true, false]],
      ["quick", []],
    ]);
    expect(readFileSync(join(out, "recipe.yaml"), "utf8")).toContain("quick");
    rmSync(folder, { recursive: true });
  });

  test("reports why no backend can train it", async () => {
    const { folder, recipe, out } = project({ ...minimal, backend: "auto" });
    const reasons = [{ where: "none", message: "there is no device" }];
    const refused = { code: "E_BACKEND_CHOICE", details: { reasons } };
    await expect(runRecipe(recipe, { out, importer: listing("none") })).rejects.toMatchObject(refused);
    rmSync(folder, { recursive: true });
  });
});
