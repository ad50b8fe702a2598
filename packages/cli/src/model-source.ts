// The model that a path on the command line names: a Hugging Face directory, or a run (its first arm's last model).
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openModelDirectory } from "@cambium/checkpoint";
import { parseJson, readTextFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { type Family, type ModelSpec, readHfModel } from "@cambium/model";
import { isPluginPath, type PluginImporter } from "@cambium/plugin";
import type { Recipe } from "@cambium/recipe";
import { chooseBackend, familiesOf } from "@cambium/run/plugins";
import { z } from "zod";
import { type BackendFlags, backendRequest, type FamilyFlags } from "./flags.js";
import type { Host } from "./host.js";

export interface ModelSource {
  /** Its Hugging Face directory. */
  readonly path: string;
  /** The family that the run's recipe names. */
  readonly family?: string;
  /** The backend that the run used. */
  readonly backend?: NonNullable<Recipe["backend"]>;
}

/** The part of run.json that locates models. A stage must be a plain folder name, so that it cannot lead elsewhere. */
const runManifest = z.object({
  arms: z.array(z.object({ stages: z.array(z.string().regex(/^(?!\.+$)[\w.@+-]+$/)) })).min(1),
});

/** @throws CambiumError `E_RUN_UNFINISHED` if the run's first arm has no model yet, `E_RUN_FORMAT` */
export async function findModel(path: string): Promise<ModelSource> {
  const manifest = join(path, "run.json");
  if (!(await exists(manifest))) {
    await refuseRuns(path);
    return { path };
  }
  if (await exists(join(path, "config.json")))
    throw new CambiumError("E_TWO_MODELS", "this folder is a checkpoint and a run", {
      where: path,
      expected: "one of the two",
      got: "config.json and run.json",
      hint: `name a model of the run, ${join(path, "stages", "STAGE", "model")}, or move run.json and stages away`,
    });
  const run = runManifest.safeParse(parseJson(await readTextFile(manifest), manifest));
  if (!run.success) {
    const hint = "run `cambium run` on the recipe again";
    throw new CambiumError("E_RUN_FORMAT", "run.json is not what a run writes", { where: manifest, hint });
  }
  const stages = run.data.arms[0]?.stages ?? [];
  for (const id of stages.toReversed()) {
    const model = join(path, "stages", id, "model");
    if (await exists(model)) return { path: model, ...(await namedPlugins(path)) };
  }
  throw new CambiumError("E_RUN_UNFINISHED", "no stage of this run has finished yet", {
    where: path,
    got: `stages ${stages.join(", ")}`,
    hint: "cambium run continues it",
  });
}

/** @throws CambiumError `E_RUN_NOT_FOUND` if `path` is a folder of runs, not one run */
export async function refuseRuns(path: string): Promise<void> {
  if (await exists(join(path, "config.json"))) return;
  const names: readonly string[] = await readdir(path).catch(() => []);
  const runs: string[] = [];
  for (const name of names.slice(0, 100)) if (await exists(join(path, name, "run.json"))) runs.push(join(path, name));
  // A sweep keeps its runs there.
  if (runs.length === 0) return names.includes("cells") ? refuseRuns(join(path, "cells")) : undefined;
  throw new CambiumError("E_RUN_NOT_FOUND", "this is a folder of runs", {
    where: path,
    expected: "one of them",
    hint: runs.slice(0, 5).join(", "),
  });
}

/** The family and the backend that the recipe of the run in `path` names. */
async function namedPlugins(path: string): Promise<Pick<ModelSource, "family" | "backend">> {
  const file = join(path, "recipe.yaml");
  if (!(await exists(file))) return {};
  const { loadRecipe } = await import("@cambium/run");
  const { model, backend } = await loadRecipe(file);
  // A path in a run's recipe is relative to the run's directory.
  const found = (name: string) => (isPluginPath(name) ? resolve(path, name) : name);
  return {
    ...(model.family !== undefined && { family: found(model.family) }),
    ...(backend && { backend: { ...backend, name: found(backend.name) } }),
  };
}

/** The backend: the flags', else the one the run used, else the default. @throws CambiumError */
export function modelBackend(
  source: ModelSource | undefined,
  flags: BackendFlags,
  importer: PluginImporter,
): NonNullable<Recipe["backend"]> {
  return chooseBackend(backendRequest(flags), source?.backend, importer);
}

/**
 * The families to try for a checkpoint: those that `--family` names, the one that its run's recipe names, and those of
 * the project in the working directory. The run's family is skipped if it cannot be found.
 */
export async function projectFamilies(
  { family: named = [] }: FamilyFlags,
  host: Host,
  source?: ModelSource,
): Promise<readonly Family[]> {
  const importer = host.importer(process.cwd());
  const own = source?.family === undefined || named.includes(source.family) ? [] : [source.family];
  try {
    return await familiesOf(process.cwd(), importer, [...named, ...own]);
  } catch (error) {
    if (own.length === 0 || !(error instanceof CambiumError) || error.code !== "E_PLUGIN_MISSING") throw error;
    return familiesOf(process.cwd(), importer, named);
  }
}

/** @throws CambiumError from reading the directory; `E_CONFIG` or `E_FAMILY` for a model that Cambium cannot run */
export async function readModel(source: ModelSource, flags: FamilyFlags, host: Host): Promise<ModelSpec> {
  await using directory = await openModelDirectory(source.path);
  return readHfModel(
    directory.configJson,
    await projectFamilies(flags, host, source),
    join(source.path, "config.json"),
  );
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
