// Defines agreement between a device and the reference, and runs a graph on both.
import {
  type Expectation,
  evaluate,
  expectGraph,
  formatType,
  type Graph,
  type HostTensor,
  refTensor,
  sameType,
  toHost,
} from "@cambium/ir";
import type { Device, DeviceTensor } from "../contract.js";
import { compare } from "./compare.js";

export type HostTensors = Readonly<Record<string, HostTensor>>;

/**
 * How far an f32 element of a random graph may be off, relative to the largest magnitude in its tensor, or to 1 if that
 * is larger. The unit roundoff of f32 is 6e-8. The longest sum in a sample has 64 terms, so in any order its error is
 * at most 64 × 6e-8 = 4e-6. Elementary functions are accurate to a few units, and a composite chains about ten of them.
 * Cases of single ops have their own bounds (`assertExpected`).
 */
export const sampleTolerance = 1e-5;

/**
 * @param floor the least magnitude that `tolerance` is multiplied by.
 * @throws Error unless `got` has the type and the elements of `want`, exactly for integers, within `tolerance` for f32.
 */
export function assertClose(got: HostTensor, want: HostTensor, tolerance: number, label: string, floor = 1): void {
  if (!sameType(got, want)) throw new Error(`${label} is ${formatType(got)}, not ${formatType(want)}`);
  const allowed = want.dtype === "f32" ? tolerance * magnitude(want, floor) : 0;
  const off = [...want.data.keys()].filter((i) => {
    const [value, expected] = [got.data[i] as number, want.data[i] as number];
    return !(Object.is(value, expected) || value === expected || Math.abs(value - expected) <= allowed);
  });
  if (off.length === 0) return;
  const error = (i: number) => Math.abs((got.data[i] as number) - (want.data[i] as number));
  const worst = off.reduce((a, b) => (error(b) > error(a) ? b : a));
  throw new Error(
    `${label}[${worst}] is ${got.data[worst]}, not ${want.data[worst]}: off by ${error(worst)}, allowed ${allowed}; ` +
      `${off.length} of ${want.data.length} elements are off, this one most`,
  );
}

/** @throws Error unless both have the same type and the same bits. */
export function assertSameBits(got: HostTensor, want: HostTensor, label: string): void {
  if (!sameType(got, want)) throw new Error(`${label} is ${formatType(got)}, not ${formatType(want)}`);
  const [a, b] = [bytes(got), bytes(want)];
  const at = b.findIndex((byte, i) => byte !== a[i]);
  if (a.length !== b.length || at >= 0) throw new Error(`${label} differs in its bits, first at byte ${at}`);
}

/** @throws Error unless `promise` rejects with a CambiumError `code` whose text contains all `mentions`. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: string,
  ...mentions: readonly string[]
): Promise<void> {
  const error: unknown = await promise.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  const { code: got, message, format } = error as { code?: unknown; message?: unknown; format?: () => string };
  if (got !== code) throw new Error(`expected ${code}, got ${String(got ?? message)}`, { cause: error });
  const text = typeof format === "function" ? format.call(error) : String(message);
  const silent = mentions.filter((mention) => !text.includes(mention));
  if (silent.length > 0) throw new Error(`the ${code} does not say ${silent.join(", ")}: ${text}`);
}

/** @throws Error with `message` unless `condition`. */
export function assertThat(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** Runs `graph` once with host inputs and fetches every output; leaves nothing on the device. */
export async function runFetched(device: Device, graph: Graph, inputs: HostTensors): Promise<HostTensors> {
  const executable = await device.compile(graph);
  try {
    return await (await executable.run(inputs, { fetch: graph.outputs.map(({ name }) => name) })).fetched;
  } finally {
    executable.dispose();
  }
}

/** Runs `graph` once with device tensors, uploaded and downloaded one by one; leaves nothing on the device. */
export async function runUploaded(device: Device, graph: Graph, inputs: HostTensors): Promise<HostTensors> {
  const executable = await device.compile(graph);
  const held: Record<string, DeviceTensor> = {};
  try {
    for (const [name, host] of Object.entries(inputs)) held[name] = await device.upload(host);
    const { outputs } = await executable.run(held);
    for (const [name, tensor] of Object.entries(outputs)) held[`output ${name}`] = tensor;
    return await downloadAll(device, outputs);
  } finally {
    for (const tensor of Object.values(held)) tensor.dispose();
    executable.dispose();
  }
}

export async function downloadAll(
  device: Device,
  tensors: Readonly<Record<string, DeviceTensor>>,
): Promise<HostTensors> {
  const down: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) down[name] = await device.download(tensor);
  return down;
}

/** The outputs of the reference. */
export function expected(graph: Graph, inputs: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(evaluate(graph, inputs)).map(([name, ref]) => [name, toHost(ref)]));
}

/** @throws Error unless the outputs are within their rounding bounds around the float64 results (`expectGraph`). */
export function assertExpected(got: HostTensors, graph: Graph, inputs: HostTensors): void {
  const want = expectGraph(graph, inputs);
  for (const { name, value } of graph.outputs) {
    const tensor = Object.hasOwn(got, name) ? got[name] : undefined;
    if (!tensor) throw new Error(`output ${name} is missing`);
    if (!sameType(tensor, value.type))
      throw new Error(`${name} is ${formatType(tensor)}, not ${formatType(value.type)}`);
    const { exact, allowed } = want[name] as Expectation;
    const { deviation } = compare(refTensor(tensor), exact, allowed);
    if (!deviation) continue;
    const { element, got: is, expected, error, tolerance, count } = deviation;
    throw new Error(
      `${name}[${element}] is ${is}, not ${expected}: off by ${error}, allowed ${tolerance}; ` +
        `${count} of ${tensor.data.length} elements are off, this one first`,
    );
  }
}

/** @throws Error unless the outputs agree with the reference. */
export function assertOutputs(got: HostTensors, graph: Graph, inputs: HostTensors, tolerance = sampleTolerance): void {
  const want = expected(graph, inputs);
  for (const { name } of graph.outputs) {
    const tensor = Object.hasOwn(got, name) ? got[name] : undefined;
    if (!tensor) throw new Error(`output ${name} is missing`);
    assertClose(tensor, want[name] as HostTensor, tolerance, name);
  }
}

/** @throws Error unless `device` and the reference agree on `graph`. For fuzzing, see `randomGraph`. */
export async function assertAgrees(
  device: Device,
  graph: Graph,
  inputs: HostTensors,
  tolerance?: number,
): Promise<void> {
  assertOutputs(await runFetched(device, graph, inputs), graph, inputs, tolerance);
}

function magnitude({ data }: HostTensor, floor: number): number {
  let largest = floor;
  for (const x of data) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  return largest;
}

function bytes({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
