// What a run refuses, and what it makes fit: machines, directories, names.
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { fittedStep } from "@cambium/train";
import { describe, expect, test } from "vitest";
import { type RunObserver, runRecipe, runSweep } from "../src/index.js";
import { importer, minimal, project, weights } from "./support.js";

describe("a run", () => {
  test("keeps a second run of the same directory out", async () => {
    const { folder, recipe, out } = project({ ...minimal, backend: "null" });
    const second: Promise<unknown>[] = [];
    const observer = {
      onDevice: () => void second.push(runRecipe(recipe, { out, importer }).catch((error: unknown) => error)),
    };
    await runRecipe(recipe, { out, importer, observer });
    expect(await second[0]).toMatchObject({ code: "E_RUN_LOCKED" });
    expect(readdirSync(out)).not.toContain("run.lock");
    rmSync(folder, { recursive: true });
  });

  test("refuses the folder of a checkpoint, which it would hide, and leaves it as it was", async () => {
    const { folder, recipe } = project({ ...minimal, backend: "null" });
    const checkpoint = join(folder, "checkpoint");
    mkdirSync(checkpoint);
    writeFileSync(join(checkpoint, "config.json"), "{}");
    symlinkSync("checkpoint", join(folder, "link"));
    for (const out of [checkpoint, join(folder, "link"), join(folder, "link", ".")]) {
      await expect(runRecipe(recipe, { out, importer })).rejects.toMatchObject({ code: "E_EXISTS" });
      await expect(runSweep([], { out, importer, jobs: 1 })).rejects.toMatchObject({ code: "E_EXISTS" });
      expect(readdirSync(checkpoint)).toEqual(["config.json"]);
    }
    rmSync(folder, { recursive: true });
  });

  test("refuses a model beyond the machine's memory before it asks for any", async () => {
    const model = { ...minimal.model, layers: 500, hidden: 300_000, heads: 2 };
    const { folder, recipe, out } = project({ ...minimal, backend: "null", model });
    await expect(runRecipe(recipe, { out, importer })).rejects.toMatchObject({ code: "E_MEMORY" });
    rmSync(folder, { recursive: true });
  });

  test("fits into the memory that a recipe gives, to the same weights, or refuses before it trains", async () => {
    const trained = async (memory?: number) => {
      const train = { ...minimal.train, ...(memory !== undefined && { memory }) };
      const { folder, recipe, out } = project({ ...minimal, train });
      const [shares, takes]: [number[], number[]] = [[], []];
      const observer: RunObserver = {
        onStage: ({ stage }) => void takes.push(fittedStep(stage.model, { ...stage, memory }).memory.total),
        onRecomputed: (_, share) => void shares.push(share),
      };
      try {
        await runRecipe(recipe, { out, importer, observer });
        return { shares, takes, weights: weights(out) };
      } catch (error) {
        const { code, details } = error as CambiumError;
        return { code, where: details.reasons?.map(({ where }) => where), stages: readdirSync(join(out, "stages")) };
      } finally {
        rmSync(folder, { recursive: true });
      }
    };
    const refused = { code: "E_MEMORY", where: expect.arrayContaining(['stage "base"', 'stage "target"']), stages: [] };
    expect(await trained(1e6)).toEqual(refused);
    const whole = await trained();
    expect(whole.shares).toEqual([]);
    const memory = Math.max(...(whole.takes ?? [])) - 1;
    const fitted = await trained(memory);
    expect(fitted.shares?.length).toBeGreaterThan(0);
    expect(Math.max(...(fitted.takes ?? []))).toBeLessThanOrEqual(memory);
    expect(fitted.weights).toEqual(whole.weights);
  });

  test("shows how to name a folder when a corpus is unknown", async () => {
    const { folder, recipe, out } = project({ ...minimal, data: { corpus: "texts" } });
    const hint = expect.stringContaining("./texts");
    await expect(runRecipe(recipe, { out, importer })).rejects.toMatchObject({ details: { hint } });
    rmSync(folder, { recursive: true });
  });

  test("names a missing operator with the command that installs it", async () => {
    const { folder, recipe, out } = project({ ...minimal, growth: [{ operator: "stakc", at: 96 }] });
    const nothing = { resolve: () => null, import: async () => ({}) };
    const error = await runRecipe(recipe, { out, importer: nothing }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CambiumError);
    expect((error as CambiumError).format()).toMatch(/E_PLUGIN_MISSING[\s\S]*npm install @cambium\/operator-stakc/);
    rmSync(folder, { recursive: true });
  });
});
