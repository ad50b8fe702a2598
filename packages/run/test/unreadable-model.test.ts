// A finished stage whose model is there but may not be read. Permissions do not bind root, so opening it is made to fail.
import { rmSync } from "node:fs";
import { CambiumError } from "@cambium/ir";
import { expect, test, vi } from "vitest";
import { runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

let fault: string | undefined;
vi.mock("@cambium/checkpoint", async (load) => {
  const checkpoint = await load<typeof import("@cambium/checkpoint")>();
  return {
    ...checkpoint,
    openModelDirectory: async (path: string) => {
      if (fault !== undefined) throw new CambiumError(fault, "not readable", { where: path });
      return checkpoint.openModelDirectory(path);
    },
  };
});

test.each(["E_PERMISSION", "E_OPEN_FILES"])("%s stops the run and keeps the model", async (code) => {
  const { folder, recipe, out } = project({ ...minimal, growth: [] });
  await runRecipe(recipe, { out, importer });
  const before = weights(out);
  fault = code;
  await expect(runRecipe(recipe, { out, importer })).rejects.toMatchObject({ code });
  fault = undefined;
  expect(stages(out)).toHaveLength(1);
  expect(weights(out)).toEqual(before);
  expect(await runRecipe(recipe, { out, importer })).toMatchObject({ cached: true });
  rmSync(folder, { recursive: true });
});
