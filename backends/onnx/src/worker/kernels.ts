// Runs kernel steps: writes their calls as a table of records into the flat memory, to enter WebAssembly once.
import type { HostData } from "@cambium/ir";
import type { AdamWCall, ClipCall, KernelCall, ScatterAddCall, Slot } from "../plan.js";
import type { Block, FlatMemory } from "./storage.js";

/** See assembly/index.ts, assembly/adamw.ts and assembly/rows.ts for the layout of a record. */
const recordBytes = 128;
const kinds = { squareSum: 0, clip: 1, adamw: 2, addRows: 3 };
const tableRecords = 4096;
/** Elements copied at a time from and to tensors outside the flat memory. */
const chunk = 2 ** 18;
/** The most tensors that one call touches. */
const lanes = 9;

type BlockOf = (slot: Slot) => Block;
/** Address of a slot's elements from `offset`. */
type AddressOf = (slot: Slot, offset?: number) => number;
type WriteRecord = (words: Uint32Array, doubles: Float64Array) => void;

export class Kernels {
  readonly #memory: WebAssembly.Memory;
  readonly #table: number;
  readonly #stage: number;
  readonly #enter: (table: number, count: number) => void;

  private constructor(storage: FlatMemory, enter: (table: number, count: number) => void) {
    this.#memory = storage.memory;
    this.#table = storage.reserve(tableRecords * recordBytes);
    this.#stage = storage.reserve(lanes * chunk * 4);
    this.#enter = enter;
  }

  /** Must run before the first tensor is made: it reserves memory of its own. */
  static async load(storage: FlatMemory, binary: Uint8Array<ArrayBuffer>): Promise<Kernels> {
    const { instance } = await WebAssembly.instantiate(binary, { env: { memory: storage.memory } });
    return new Kernels(storage, instance.exports["run"] as (table: number, count: number) => void);
  }

  /** Runs `calls`, by entering WebAssembly once unless a tensor lies outside the flat memory. */
  run(calls: readonly KernelCall[], block: BlockOf): void {
    if (calls.every((call) => slotsOf(call).every((slot) => block(slot).address !== null))) {
      this.#records(calls.flatMap((call) => recordsOf(call, block, (slot) => block(slot).address as number)));
    } else {
      for (const call of calls) {
        if (call.op === "scatterAdd") scatterAdd(call, block);
        else this.#staged(call, block);
      }
    }
  }

  #records(records: readonly WriteRecord[]): void {
    for (let from = 0; from < records.length; from += tableRecords) {
      const batch = records.slice(from, from + tableRecords);
      batch.forEach((write, i) => {
        const at = this.#table + i * recordBytes;
        const { buffer } = this.#memory;
        write(new Uint32Array(buffer, at, recordBytes / 4), new Float64Array(buffer, at, recordBytes / 8));
      });
      this.#enter(this.#table, batch.length);
    }
  }

  /** The same in pieces, each copied into the flat memory and its results out again. */
  #staged(call: ClipCall | AdamWCall, block: BlockOf): void {
    const piece = (
      slots: readonly Slot[],
      results: readonly Slot[],
      from: number,
      records: (at: AddressOf) => WriteRecord[],
    ) => {
      const views = new Map(
        [...slots, ...results].map((slot, lane) => {
          const { data } = block(slot);
          const source = data.length === 1 ? data : data.subarray(from, from + chunk);
          const address = this.#stage + lane * chunk * 4;
          return [slot, { source, address, view: new Float32Array(this.#memory.buffer, address, source.length) }];
        }),
      );
      for (const slot of slots) views.get(slot)?.view.set(views.get(slot)?.source ?? []);
      this.#records(records((slot) => views.get(slot)?.address as number));
      for (const slot of results) views.get(slot)?.source.set(views.get(slot)?.view ?? []);
    };
    if (call.op === "clipByGlobalNorm") {
      for (const grad of call.grads) {
        const { length } = block(grad).data;
        for (let from = 0; from < length; from += chunk) {
          piece([grad], [], from, (at) => [squareSum(at(grad), Math.min(chunk, length - from))]);
        }
      }
      piece([], [call.scale, call.norm], 0, (at) => [clip(call, at)]);
    } else {
      const { length } = block(call.inputs[0]).data;
      for (let from = 0; from < length; from += chunk) {
        const count = Math.min(chunk, length - from);
        piece([...call.inputs, call.gradScale, call.lr], call.outputs, from, (at) => [adamw(call, count, block, at)]);
      }
    }
  }
}

/**
 * The rows added here, where a tensor lies outside the flat memory. An index that is no row of `sums` adds to nothing: a
 * typed array ignores what is written outside it.
 */
function scatterAdd({ updates, indices, sums }: ScatterAddCall, block: BlockOf): void {
  const [from, at, to] = [updates, indices, sums].map((slot) => block(slot).data) as [HostData, HostData, HostData];
  const width = from.length / at.length;
  to.fill(0);
  for (let i = 0; i < at.length; i++) {
    const row = (at[i] as number) * width;
    for (let j = 0; j < width; j++) to[row + j] = (to[row + j] as number) + (from[i * width + j] as number);
  }
}

function slotsOf(call: KernelCall): readonly Slot[] {
  if (call.op === "scatterAdd") return [call.updates, call.indices, call.sums];
  if (call.op === "clipByGlobalNorm") return [...call.grads, call.scale, call.norm];
  return [...call.inputs, ...call.outputs, call.gradScale, call.lr];
}

function recordsOf(call: KernelCall, block: BlockOf, at: AddressOf): WriteRecord[] {
  if (call.op === "scatterAdd") return [addRows(call, block, at)];
  if (call.op === "adamw") return [adamw(call, block(call.inputs[0]).data.length, block, at)];
  return [...call.grads.map((grad) => squareSum(at(grad), block(grad).data.length)), clip(call, at)];
}

function addRows({ updates, indices, sums }: ScatterAddCall, block: BlockOf, at: AddressOf): WriteRecord {
  const [from, places, to] = [updates, indices, sums].map((slot) => block(slot).data.length) as [
    number,
    number,
    number,
  ];
  const width = from / places;
  return (words) => words.set([kinds.addRows, places, at(updates), at(indices), at(sums), width, to / width]);
}

function squareSum(address: number, count: number): WriteRecord {
  return (words) => words.set([kinds.squareSum, count, address]);
}

function clip({ scale, norm, maxNorm }: ClipCall, at: AddressOf): WriteRecord {
  return (words, doubles) => {
    words.set([kinds.clip, 0, at(scale), at(norm)]);
    doubles[6] = maxNorm;
  };
}

function adamw(call: AdamWCall, count: number, block: BlockOf, at: AddressOf): WriteRecord {
  const { inputs, outputs, gradScale, lr, beta1, beta2, eps, weightDecay, lrMultiplier } = call;
  const step = block(call.step).data[0] as number;
  return (words, doubles) => {
    const addresses = [...inputs, ...outputs, gradScale, lr].map((slot) => at(slot));
    words.set([kinds.adamw, count, ...addresses]);
    doubles.set([beta1, beta2, eps, weightDecay, lrMultiplier, 1 - beta1 ** step, 1 - beta2 ** step], 6);
  };
}
