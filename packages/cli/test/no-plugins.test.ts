// --no-plugins: the recipe or checkpoint is shown, and no plugin code runs.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cambium, golden, json, output, writeProject } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-no-plugins-"));
const trace = join(folder, "it-ran");
/** A module that leaves a trace when it is loaded. */
const module = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(trace)}, ""); export default {};`;
let recipe = "";

beforeAll(() => {
  recipe = writeProject(folder, (yaml) =>
    yaml
      .replace(/operator: "[^"]*"/, "operator: ./operator.mjs")
      .replace("backend: reference", "backend: ./backend.mjs"),
  );
  for (const name of ["operator.mjs", "backend.mjs"]) writeFileSync(join(folder, name), module);
  const manifest = (name: string) => JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { "cambium-family-theirs": "1" } }));
  const family = join(folder, "node_modules", "cambium-family-theirs");
  mkdirSync(family, { recursive: true });
  writeFileSync(join(family, "package.json"), manifest("cambium-family-theirs"));
  writeFileSync(join(family, "index.js"), module);
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test("a recipe is outlined without its plugins", async () => {
  const shown = await output("inspect", recipe, "--no-plugins");
  expect(shown).toMatch(/base +1 layer × 8, .*parameters\n +growth +\.\/operator\.mjs, times 2, at 96 tokens/);
  expect(shown).toMatch(/not loaded +operator \.\/operator\.mjs\n +not loaded +backend \.\/backend\.mjs/);
  expect((await json("inspect", recipe, "--no-plugins"))["plugins"]).toHaveLength(2);
});

test("a checkpoint and the list of plugins are shown without the project's", async () => {
  expect(await output("inspect", join(golden, "gqa-tied"), "--no-plugins")).toMatch(/llama, 2 layers/);
  expect(await output("plugins", "--no-plugins")).toMatch(/Not loaded:[\s\S]*family cambium-family-theirs/);
});

test("no plugin code has run so far; without the flag it does", async () => {
  expect(existsSync(trace)).toBe(false);
  await cambium(["inspect", recipe]);
  expect(existsSync(trace)).toBe(true);
});
