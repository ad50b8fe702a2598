// The model that a path on the command line means: a Hugging Face directory, or a run (its first arm's last model).
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { openModelDirectory } from "@cambium/checkpoint";
import { parseJson, readTextFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { type Family, type ModelSpec, readHfModel } from "@cambium/model";
import { familiesOf } from "@cambium/run";
import { z } from "zod";
import type { Host } from "./host.js";

export interface ModelSource {
  /** Its Hugging Face directory. */
  readonly path: string;
}

/** What of run.json says where models are. A stage is the name of a folder, nothing that leads elsewhere. */
const runManifest = z.object({
  arms: z.array(z.object({ stages: z.array(z.string().regex(/^(?!\.+$)[\w.@+-]+$/)) })).min(1),
});

/** @throws CambiumError `E_RUN_UNFINISHED` for a run whose first arm has no model yet, `E_RUN_FORMAT`. */
export async function findModel(path: string): Promise<ModelSource> {
  const manifest = join(path, "run.json");
  if (!(await exists(manifest))) return { path };
  const run = runManifest.safeParse(parseJson(await readTextFile(manifest), manifest));
  if (!run.success) {
    const hint = "run `cambium run` on the recipe again";
    throw new CambiumError("E_RUN_FORMAT", "run.json is not what a run writes", { where: manifest, hint });
  }
  const stages = run.data.arms[0]?.stages ?? [];
  for (const id of stages.toReversed()) {
    const model = join(path, "stages", id, "model");
    if (await exists(model)) return { path: model };
  }
  throw new CambiumError("E_RUN_UNFINISHED", "no stage of this run has ended yet", {
    where: path,
    got: `stages ${stages.join(", ")}`,
    hint: "cambium run continues it",
  });
}

/** Families that a checkpoint may be of, packages of the project in the working directory included. */
export function projectFamilies(host: Host): Promise<readonly Family[]> {
  return familiesOf(process.cwd(), host.importer(process.cwd()));
}

/** @throws CambiumError from reading the directory; `E_CONFIG` and `E_FAMILY` for a model that is not computed. */
export async function readModel({ path }: ModelSource, host: Host): Promise<ModelSpec> {
  await using directory = await openModelDirectory(path);
  return readHfModel(directory.configJson, await projectFamilies(host));
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
