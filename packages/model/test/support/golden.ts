// Reads the golden fixtures, which tools/golden/families.py makes and describes.
import { readdirSync, readFileSync } from "node:fs";
import { type HostTensor, hostTensor } from "@cambium/ir";
import { type ModelSpec, readHfModel } from "../../src/index.js";

export { distance } from "../../src/conformance/support.js";

const folder = new URL("../golden/", import.meta.url);

export const fixtureNames = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export function readJson(fixture: string, file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${fixture}/${file}`, folder), "utf8"));
}

export function readConfig(fixture: string): ModelSpec {
  return readHfModel(readJson(fixture, "config.json"));
}

/** f32 and i32 tensors of a safetensors file: u64 header length, JSON header, data. */
export function readTensors(fixture: string, file: string): Record<string, HostTensor> {
  const bytes = Uint8Array.from(readFileSync(new URL(`${fixture}/${file}`, folder)));
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  delete header.__metadata__;
  return Object.fromEntries(
    Object.entries<{ dtype: string; shape: number[]; data_offsets: [number, number] }>(header).map(([name, entry]) => {
      const data = bytes.slice(start + entry.data_offsets[0], start + entry.data_offsets[1]).buffer;
      if (entry.dtype === "F32") return [name, hostTensor("f32", entry.shape, new Float32Array(data))];
      if (entry.dtype === "I32") return [name, hostTensor("i32", entry.shape, new Int32Array(data))];
      throw new Error(`${name} is ${entry.dtype}`);
    }),
  );
}
