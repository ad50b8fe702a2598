// The files of a stage that another program trains, beside the start checkpoint: job.json with what the program has to
// know, and tables of rates and windows. Written for a run, or listed for a dry run.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withFileErrors, writeFileAtomic } from "@cambium/files";
import { countParameters, writeHfModel } from "@cambium/model";
import type { PlannedStage, Stage } from "@cambium/recipe";
import type { OutlinePart, StagePlace } from "./contract.js";
import { stepTokens, windowTable } from "./stage-data.js";
import { startFolder } from "./stage-folder.js";

/** Bytes of a parameter in f32. */
const width = 4;

/** Steps of a whole stage. */
export function stepsOf(stage: Stage, tokens: number): number {
  return Math.ceil(tokens / stepTokens(stage));
}

/** Writing it again gives the same files, whatever happened since. @param rates as `rateTable`, or less */
export async function writeJobFiles(
  { folder, data }: StagePlace,
  { stage, steps, rates, job }: { stage: Stage; steps: number; rates: Float64Array; job: object },
): Promise<void> {
  await withFileErrors(folder, () => mkdir(folder, { recursive: true }));
  await writeFileAtomic(join(folder, "rates.f64"), bytesOf(rates));
  await writeFileAtomic(join(folder, "windows.i64"), bytesOf(windowTable(stage, data.train, steps)));
  await writeFileAtomic(join(folder, "job.json"), jobText(job));
}

/** The same files and those of the start checkpoint, for a dry run. @param rates of a step */
export function jobOutline(
  { stage, tokens }: PlannedStage,
  folder: string,
  { job, rates }: { job: object; rates: number },
): OutlinePart[] {
  const steps = stepsOf(stage, tokens);
  const { total } = countParameters(stage.model);
  const part = (name: string, content: { text: string } | { bytes: number }) => ({
    name: join(folder, name),
    ...content,
  });
  return [
    part("job.json", { text: jobText(job) }),
    part("rates.f64", { bytes: Float64Array.BYTES_PER_ELEMENT * steps * rates }),
    part("windows.i64", { bytes: BigInt64Array.BYTES_PER_ELEMENT * steps * stage.batch * stage.accumulation }),
    part(`${startFolder}/config.json`, { text: JSON.stringify(writeHfModel(stage.model, { dtype: "f32" }), null, 2) }),
    part(`${startFolder}/model.safetensors`, { bytes: width * total }),
    part(`${startFolder}/moments.safetensors`, { bytes: 2 * width * total }),
  ];
}

function jobText(job: object): string {
  return `${JSON.stringify(job, null, 2)}\n`;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
