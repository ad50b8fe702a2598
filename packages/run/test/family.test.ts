// A third-party family in a package of its own: it trains, grows in depth and in width, generates text, and goes to
// disk and back, without Cambium knowing of it.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Family } from "@cambium/model";
import { familyResolver, parameterTable, readHfModel } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import { StageDirectory } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { writeBareFamily } from "../../model/test/support/bare-family.js";
import { readParameters, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages } from "./support.js";

function installed(): { readonly importer: PluginImporter; readonly load: () => Promise<Family> } {
  const file = writeBareFamily(mkdtempSync(join(tmpdir(), "cambium-family-")));
  const address = pathToFileURL(file).href;
  const load = async () => (await import(/* @vite-ignore */ file)) as { default: Family };
  return {
    importer: {
      resolve: (specifier) => (specifier === "cambium-family-bare" ? address : importer.resolve(specifier)),
      import: async (wanted) => (wanted === address ? load() : importer.import(wanted)),
    },
    load: async () => (await load()).default,
  };
}

test.each([
  { operator: "stack", factor: 2 },
  { operator: "direct-width", options: { factor: 2 } },
])("a family from a package trains, is grown by $operator, samples, and comes back from disk", async (step) => {
  const family = installed();
  const recipe = { ...minimal, model: { ...minimal.model, family: "bare" }, growth: [{ ...step, at: 96 }] };
  const { recipe: path, out } = project(recipe);
  const outcome = await runRecipe(path, { out, importer: family.importer });
  expect(outcome.state).toBe("done");
  const target = stages(out).find(({ manifest }) => manifest.name === "target");
  const json = JSON.parse(readFileSync(join(target?.path ?? "", "model", "config.json"), "utf8")) as object;
  expect(json).toMatchObject({ model_type: "bare" });
  const model = readHfModel(json, [await family.load()]);
  const parameters = await readParameters(join(target?.path ?? "", "model"), model);
  expect(Object.keys(parameters)).toEqual(parameterTable(model).map(({ name }) => name));
  expect(Object.keys(parameters).join()).not.toContain("post_attention_layernorm");
  const held = new StageDirectory(target?.path ?? "");
  expect((await held.readStage(familyResolver([await family.load()])))?.model).toEqual(model);
  await expect(held.readStage()).rejects.toMatchObject({ code: "E_STAGE" });
});
