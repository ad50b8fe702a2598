// A stage's state as files for other programs: a Hugging Face directory, AdamW's moments beside it
// (`moments*.safetensors`, with tensors `m:PARAMETER` and `v:PARAMETER`), and state.json, written last.
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

/** A checkpoint's position in the stage: steps and Adam updates done, tokens read, seconds trained. */
export type CheckpointPlace = Readonly<z.infer<typeof place>>;

const stateFile = "state.json";
const moments = /^moments.*\.safetensors$/;

export interface CheckpointContent {
  readonly model: ModelSpec;
  readonly state: TrainingState;
  readonly at: Pick<CheckpointPlace, "step" | "tokens" | "seconds">;
  /** A config.json whose further keys are kept. */
  readonly config: object | undefined;
}

/** Writes a checkpoint. If killed half-way, it leaves one without state.json, which readers ignore. */
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

/** Undefined if the checkpoint is incomplete. @throws CambiumError `E_ENGINE_RESULT` for an invalid state.json */
export async function readPlace(path: string): Promise<CheckpointPlace | undefined> {
  const text = await readTextFileIfThere(join(path, stateFile));
  if (text === undefined) return undefined;
  try {
    return place.parse(JSON.parse(text));
  } catch (cause) {
    throw new CambiumError("E_ENGINE_RESULT", "the state of a checkpoint is invalid", {
      where: join(path, stateFile),
      cause,
    });
  }
}

/** The state in `path`, as f32. @throws CambiumError `E_ENGINE_RESULT` if incomplete or of other shapes; file errors */
export async function readCheckpoint(path: string, model: ModelSpec): Promise<TrainingState> {
  const at = await readPlace(path);
  if (!at)
    throw new CambiumError("E_ENGINE_RESULT", "a checkpoint is incomplete", { where: path, got: `no ${stateFile}` });
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
