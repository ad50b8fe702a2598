// What a suite of the benchmark is: cases by size, and how one is made ready on a device. A suite is one file of suites/.
import type { Device } from "@cambium/backend";
import type { Precision } from "@cambium/train";
import type { Parity } from "./parity.js";

/** Numbers that make a case, e.g. `{ m: 512, n: 512, k: 512 }`; peers in other languages read them too. */
export type Size = Readonly<Record<string, number>>;

export interface Case {
  /** Unique in its suite, and the same in every version as long as it measures the same. */
  readonly name: string;
  readonly size: Size;
}

/** What one run does, by the IR's count. What is not counted is absent. */
export interface Work {
  readonly flops?: number;
  /** Every input and output once through memory. */
  readonly bytes?: number;
  readonly tokens?: number;
}

/** What the samples of a row count. `s` is better low, the others high. */
export type Unit = "GFLOPS" | "GB/s" | "tokens/s" | "s";

interface SuiteFacts {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** What a row of it is given in. */
  readonly unit: Unit;
  /** Which peak of the device bounds it. */
  readonly bound: "gemm" | "stream" | null;
  /** A process makes one sample, which is its first run: what is measured begins with the process, or takes long. */
  readonly fresh?: boolean;
  /** Measured only where it is named. */
  readonly extra?: boolean;
  /** `quick`: the smallest cases that still tell backends apart. */
  cases(quick: boolean): readonly Case[];
}

/** What backends compute. */
export interface DeviceSuite extends SuiteFacts {
  readonly on: "device";
  /** Whether its products can be asked for in another precision than f32. */
  readonly inPrecisions?: boolean;
  /** @param precision one that the device computes; default f32 */
  prepare(one: Case, device: Device, precision?: Precision): Promise<Prepared>;
}

/** What is done with files, whatever backends there are. */
export interface FileSuite extends SuiteFacts {
  readonly on: "files";
  prepare(one: Case): Promise<Prepared>;
}

export type Suite = DeviceSuite | FileSuite;

/** A case made ready on a device. */
export interface Prepared {
  readonly work: Work;
  readonly engaged: Engaged;
  /** Runs it `count` times, one after the other, until the device has done them. @returns seconds of each. */
  turn(count: number): Promise<readonly number[]>;
  /** Compares what it computes with the reference. Called after everything was measured. */
  parity(): Promise<Parity>;
  dispose(): void | Promise<void>;
}

/** What really ran. */
export interface Engaged {
  /** Composites of the case that the device took whole. */
  readonly fused: readonly string[];
  /** Composites of the case that it was given in parts. */
  readonly decomposed: readonly string[];
  /** Kernels that one run launches; null where it is many graphs. */
  readonly launches: number | null;
  /** Dtypes in which the case's tensors were held. */
  readonly precision: string;
}

/** Of work that no graph describes. */
export const plain: Engaged = { fused: [], decomposed: [], launches: null, precision: "f32" };

/** A sample of `seconds` in the unit. */
export function inUnit(unit: Unit, { flops, bytes, tokens }: Work, seconds: number): number {
  if (unit === "s") return seconds;
  const done = { GFLOPS: flops && flops / 1e9, "GB/s": bytes && bytes / 1e9, "tokens/s": tokens }[unit];
  return (done ?? Number.NaN) / seconds;
}
