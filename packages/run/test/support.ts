// A project with a recipe in it, the plugins it needs from source, and what a run left.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { llama, modelSpec, plainPhase } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import type { EngineOptions, RecipeInput, Stage } from "@cambium/recipe";
import type { RunManifest, StageManifest } from "@cambium/run-format";
import { stringify } from "yaml";
import { minimal } from "../../recipe/test/support.js";

export { minimal };

/** Resolves plugins to the sources of this repository. */
export const importer: PluginImporter = {
  resolve: (specifier) =>
    specifier.startsWith("@cambium/operator-") ? specifier.replace("@cambium/operator-", "../../../operators/") : null,
  import: (address) => import(/* @vite-ignore */ `${address}/src/index.ts`),
};

/** Long enough to be cut into several documents. */
const text = Array.from(
  { length: 600 },
  (_, i) => `Paragraph ${i}: the whale swam ${"far and ".repeat(1 + (i % 5))}wide.`,
).join("\n\n");

/** A project folder with a corpus and `recipe` in it. */
export function project(recipe: RecipeInput = minimal): { folder: string; recipe: string; out: string } {
  const folder = mkdtempSync(join(tmpdir(), "cambium-run-"));
  writeFileSync(join(folder, "text.txt"), text);
  const path = join(folder, "recipe.yaml");
  writeFileSync(path, stringify(recipe));
  return { folder, recipe: path, out: join(folder, "run") };
}

/** The stages of the run in `out`, the grown arm's first. */
export function stages(out: string): { path: string; manifest: StageManifest }[] {
  const run = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as RunManifest;
  return run.arms
    .flatMap((arm) => arm.stages)
    .map((id) => {
      const path = join(out, "stages", id);
      return { path, manifest: JSON.parse(readFileSync(join(path, "record.json"), "utf8")) as StageManifest };
    });
}

/** The bytes of each stage's model, by the stage's name. */
export function weights(out: string): Record<string, Buffer> {
  return Object.fromEntries(
    stages(out).map(({ path, manifest }) => [manifest.name, readFileSync(join(path, "model", "model.safetensors"))]),
  );
}

/** A stage of the smallest size that an engine takes. */
export function engineStage(name: string, options: EngineOptions, given: Partial<Stage> = {}): Stage {
  const sizes = { vocab: 16, hidden: 8, intermediate: 8, layers: 1, heads: 2, contextLength: 8 };
  return {
    ...{ name: "target", batch: 2, accumulation: 1, context: 8, precision: "f32", seed: 0, device: "" },
    model: modelSpec<object, object>(llama, sizes),
    ...{
      start: { kind: "init", seed: "0", scheme: "paper" },
      phase: plainPhase,
      until: { kind: "tokens", tokens: 64 },
    },
    ...{ data: { content: "", position: 0 }, schedule: { name: "constant", peak: 0.1 } },
    optimizer: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, clip: 1 },
    ...{ evaluation: { every: 32, tokens: 32 }, engine: { name, options } },
    ...given,
  };
}
