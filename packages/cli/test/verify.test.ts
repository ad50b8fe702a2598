// cambium verify: a faulty third-party backend, given by path, is found and its fault kept; a correct one passes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { referenceBackend } from "@cambium/backend";
import { keptCase, runCase } from "@cambium/backend/conformance/cases";
import { afterAll, expect, test } from "vitest";
import { cambium, json } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = (name: string) => pathToFileURL(new URL(`../../${name}/src/index.ts`, import.meta.url).pathname).href;

/** A third-party backend: the reference with one wrong op. */
const path = join(folder, "stranger.mjs");
writeFileSync(
  path,
  `import { defineBackend, referenceBackend } from ${JSON.stringify(source("backend"))};
import { decompose } from ${JSON.stringify(source("ir"))};
const wrong = ([g, x], attrs) => [g.data.map((y) => -y)];
export default defineBackend({
  name: "stranger",
  async open() {
    const device = await referenceBackend.open();
    const compile = (graph) => {
      const plain = decompose(graph);
      const nodes = plain.nodes.map((node) =>
        node.op.name === "sigmoid" && node.scope === "layers.1.mlp" ? { ...node, op: { ...node.op, evaluate: wrong } } : node);
      return device.compile({ ...plain, nodes });
    };
    return { ...device, info: { ...device.info, backend: "stranger" }, compile };
  },
  probe: async () => [{ device: "cpu", available: true, detail: "for tests" }],
});
`,
);
const recipe = join(folder, "recipe.yaml");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "text.txt"), "It was the best of times. ".repeat(200));
writeFileSync(
  recipe,
  `name: small
data: { corpus: ./text.txt, heldOut: 0.3 }
model: { layers: 2, hidden: 16, heads: 2, intermediate: 24, context: 8 }
train: { tokens: 1k, batch: 4, lr: 1e-3 }
`,
);

test("a backend's fault is named and kept, and the exit code is 3", async () => {
  const cases = join(folder, "cases");
  const page = join(folder, "page.html");
  const args = ["verify", recipe, "--backends", `reference,${path}`, "--steps", "0", "--bisect", cases, "--out", page];
  const { code, output } = await cambium([...args, "--json"]);
  expect(code).toBe(3);
  const { agrees, first, runs } = JSON.parse(output);
  expect(agrees).toBe(false);
  expect(first).toMatchObject({ backend: "stranger", op: "sigmoid", layer: "layers.1.mlp", kind: "op" });
  expect(first.error).toBeGreaterThan(first.tolerance);
  expect(runs.map((one: { backend: string; agrees: boolean }) => [one.backend, one.agrees])).toEqual([
    ["reference", true],
    ["stranger", false],
  ]);
  const kept = JSON.parse(readFileSync(runs[1].case, "utf8"));
  expect(kept.graph.nodes.length).toBeLessThan(10);
  await using device = await referenceBackend.open();
  await runCase(keptCase(kept), device, () => referenceBackend.open());
  expect(readFileSync(page, "utf8")).toMatch(/sigmoid in layers\.1\.mlp[\s\S]*<polyline/);
});

test("prints its findings as text", async () => {
  const { code, output } = await cambium(["verify", recipe, "--backends", path, "--steps", "2"]);
  expect(code).toBe(3);
  expect(output).toMatch(/first: sigmoid in layers\.1\.mlp\n.*is -?[\d.e-]+, not/);
  expect(output).toMatch(/layers\.0\.attention .* exact\n[\s\S]*layers\.1\.mlp .*█.* ✗/);
});

test("checks a small model of every family by default", async () => {
  const { agrees, first, runs } = await json("verify", "--backends", "reference", "--steps", "0");
  expect([agrees, first]).toEqual([true, null]);
  expect((runs as { model: string }[]).map(({ model }) => model)).toEqual(
    ["llama", "mistral", "qwen2", "qwen3"].map((name) => `a small ${name}`),
  );
});

test("a missing backend is the user's mistake", async () => {
  const { code, errors } = await cambium(["verify", recipe, "--backends", "./nowhere.mjs"]);
  expect(code).toBe(2);
  expect(errors).toContain("E_PLUGIN_MISSING");
});
