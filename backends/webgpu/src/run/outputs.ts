// Where the outputs of a run go: some are read back, the others are copied to their own memory or are there already.
import { deviceBytes } from "../compile/layout.js";
import type { Program, ProgramOutput } from "../compile/program.js";
import type { Engine } from "../engine.js";
import type { HeapPart } from "../gpu/heap.js";
import type { Reading } from "../gpu/readback.js";
import type { ProgramMemory } from "./memory.js";
import type { OwnedMemory } from "./owned.js";

export interface Outputs {
  /** By name, the memory of outputs that stay on the device. */
  readonly kept: ReadonlyMap<string, HeapPart>;
  /** Of the fetched outputs, in the program's order. */
  readonly readings: readonly Reading[];
}

export interface OutputContext {
  readonly program: Program;
  readonly engine: Engine;
  readonly memory: ProgramMemory;
  /** Where the run's inputs lie. */
  readonly placed: ReadonlyMap<string, HeapPart>;
  readonly owned: OwnedMemory;
  readonly encoder: GPUCommandEncoder;
}

/** Encodes the copies that outputs need. */
export async function placeOutputs(fetch: readonly string[], context: OutputContext): Promise<Outputs> {
  const { program, engine, memory, placed, encoder } = context;
  const kept = new Map<string, HeapPart>();
  const readings: Reading[] = [];
  for (const output of program.outputs) {
    const source = { ...memory.locate(output.placement, placed), bytes: deviceBytes(output) };
    if (fetch.includes(output.name)) {
      readings.push({ type: output.type, storage: source });
      continue;
    }
    const { storage, isThere } = await targetOf(output, context);
    if (!isThere) engine.copier.copy(encoder, source, storage);
    kept.set(output.name, storage);
  }
  return { kept, readings };
}

/**
 * The memory of the input that the output replaces, unless another output still has to be copied from it; else new
 * memory.
 */
async function targetOf(
  { name, replaces, placement, type }: ProgramOutput,
  { program, placed, owned }: OutputContext,
): Promise<{ readonly storage: HeapPart; readonly isThere: boolean }> {
  if (replaces !== undefined) {
    const storage = placed.get(replaces) as HeapPart;
    if (placement.kind === "input" && placement.name === replaces) return { storage, isThere: true };
    const wanted = program.outputs.some(
      (other) => other.name !== name && other.placement.kind === "input" && other.placement.name === replaces,
    );
    if (!wanted && placement.kind !== "input") return { storage, isThere: false };
  }
  return { storage: await owned.allocate(deviceBytes({ type }), name), isThere: false };
}
