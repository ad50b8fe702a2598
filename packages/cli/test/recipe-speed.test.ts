// Speeds of a recipe's training: measured once, remembered, and told without switching anything.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBackend, referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { llama, modelSpec } from "@cambium/model";
import { defaultOptimizer } from "@cambium/train";
import { afterEach, beforeEach, expect, test } from "vitest";
import { measureSpeeds, type Speed } from "../src/recipe-speed.js";
import { speedText } from "../src/recipe-speed-view.js";

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
  const found = await measureSpeeds(what, ["quick", "none"], importer, fresh, (_, precision) =>
    started.push(precision),
  );
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

test("says what to write where another is faster, and that nothing is switched", () => {
  const speed = (backend: string, precision: "f32" | "bf16", tokensPerSecond: number): Speed => ({
    ...{ backend, precision, tokensPerSecond, device: "cpu", remembered: false },
  });
  const found = [speed("onnx", "f32", 1000), speed("tfjs", "bf16", 2500), { backend: "webgpu", reason: "no adapter" }];
  const text = speedText(found, { backend: "onnx", precision: "f32" });
  expect(text).toMatch(/^ {2}tfjs +bf16 +2\.5k tokens\/s.*\n {2}onnx +f32/);
  expect(text).toContain("webgpu: no adapter");
  expect(text).toMatch(/2\.5 times the recipe's onnx in f32\..*--backend tfjs --precision bf16\. Nothing is switched/);
  expect(speedText(found, { backend: "tfjs", precision: "bf16" })).toContain("what the recipe says");
  expect(speedText([], { backend: "onnx", precision: "f32" })).toContain("No backend can train it here");
});
