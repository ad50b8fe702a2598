// A stage's state as files that other programs read: a Hugging Face directory, AdamW's moments beside it
// (`moments*.safetensors`, named `m:` and `v:` and the parameter), and state.json, written last.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  hostSources,
  openModelDirectory,
  SafetensorsFile,
  writeModelDirectory,
  writeSafetensors,
} from "@cambium/checkpoint";
import { readTextFileIfThere, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { type ModelSpec, parameterTable, stateNames, type TrainingState, writeHfModel } from "@cambium/model";
import { unflattenState } from "@cambium/train";
import { z } from "zod";

const place = z.object({ step: z.int(), tokens: z.number(), updates: z.int(), seconds: z.number() });

/** How far a checkpoint is. */
export type CheckpointPlace = Readonly<z.infer<typeof place>>;

const stateFile = "state.json";
const moments = /^moments.*\.safetensors$/;

export interface CheckpointContent {
  readonly model: ModelSpec;
  readonly state: TrainingState;
  readonly at: Pick<CheckpointPlace, "step" | "tokens" | "seconds">;
  /** config.json whose further keys are kept. */
  readonly config: object | undefined;
}

/** Writes a checkpoint; killed half-way, it leaves one without state.json, which counts for nothing. */
export async function writeCheckpoint(path: string, { model, state, at, config }: CheckpointContent): Promise<void> {
  const { m, v } = stateNames;
  const named = (of: TrainingState["m"], name: typeof m) =>
    Object.entries(of).map(([key, one]) => [name(key), one] as const);
  await writeModelDirectory(path, {
    configJson: writeHfModel(model, { dtype: "f32", ...(config && { source: config }) }),
    tensors: hostSources(state.parameters),
    replace: true,
  });
  await writeSafetensors(join(path, "moments.safetensors"), hostSources([...named(state.m, m), ...named(state.v, v)]));
  const written: CheckpointPlace = { ...at, updates: state.updates };
  await writeFileAtomic(join(path, stateFile), `${JSON.stringify(written)}\n`);
}

/** Undefined for what is not a whole checkpoint. */
export async function readPlace(path: string): Promise<CheckpointPlace | undefined> {
  const text = await readTextFileIfThere(join(path, stateFile));
  if (text === undefined) return undefined;
  try {
    return place.parse(JSON.parse(text));
  } catch (cause) {
    throw new CambiumError("E_ENGINE_RESULT", "this is not the state of a checkpoint", {
      where: join(path, stateFile),
      cause,
    });
  }
}

/** The state in `path`, as f32. @throws CambiumError `E_ENGINE_RESULT` for one that is not whole; errors of files. */
export async function readCheckpoint(path: string, model: ModelSpec): Promise<TrainingState> {
  const at = await readPlace(path);
  if (!at)
    throw new CambiumError("E_ENGINE_RESULT", "this checkpoint is not whole", { where: path, got: `no ${stateFile}` });
  const tensors: Record<string, HostTensor> = {};
  await using directory = await openModelDirectory(path);
  for (const { name, shape } of parameterTable(model)) {
    const found = directory.tensors.get(name);
    if (found?.shape.join() !== shape.join()) {
      const got = found ? `[${found.shape}]` : "nothing";
      const details = { where: `${path}, ${name}`, expected: `[${shape}]`, got };
      throw new CambiumError("E_ENGINE_RESULT", "a tensor of the result does not fit the model", details);
    }
    tensors[name] = await directory.read(name, "f32");
  }
  for (const name of (await withFileErrors(path, () => readdir(path))).filter((one) => moments.test(one)).sort()) {
    await using file = await SafetensorsFile.open(join(path, name));
    for (const key of file.tensors.keys()) tensors[key] = await file.read(key, "f32");
  }
  return unflattenState(model, tensors, at.updates);
}
