// The suite contract: cases by size, and how to prepare one on a device. A suite is one file in suites/.
import type { Device } from "@cambium/backend";
import type { Precision } from "@cambium/train";
import type { Parity } from "./parity.js";

/** The sizes of a case, e.g. `{ m: 512, n: 512, k: 512 }`; peers in other languages read them too. */
export type Size = Readonly<Record<string, number>>;

export interface Case {
  /** Unique within its suite; it stays the same as long as the case measures the same. */
  readonly name: string;
  readonly size: Size;
}

/** The work of one run, by the IR's count; absent if not counted. */
export interface Work {
  readonly flops?: number;
  /** Memory traffic, with every input and output once; of a training step, the bytes that it holds at most. */
  readonly bytes?: number;
  readonly tokens?: number;
}

/** The unit of a row's samples. Lower is better for `s`, higher for the others. */
export type Unit = "GFLOPS" | "GB/s" | "tokens/s" | "s";

interface SuiteFacts {
  readonly name: string;
  /** One line for `--help` and pages. */
  readonly summary: string;
  readonly unit: Unit;
  /** The device's peak that limits it. */
  readonly bound: "gemm" | "stream" | null;
  /** Each process makes one sample, its first run, because the measurement includes the start or takes long. */
  readonly fresh?: boolean;
  /** Measured only if `--suite` names it. */
  readonly extra?: boolean;
  /** `quick`: the smallest cases that still tell backends apart. */
  cases(quick: boolean): readonly Case[];
}

/** A suite that backends compute. */
export interface DeviceSuite extends SuiteFacts {
  readonly on: "device";
  /** Whether it can be run in precisions other than f32. */
  readonly inPrecisions?: boolean;
  /** Whether its cases are training steps, which engines can take too. */
  readonly onEngines?: boolean;
  /** @param precision one that the device computes; default f32 */
  prepare(one: Case, device: Device, precision?: Precision): Promise<Prepared>;
}

/** A suite on files, independent of backends. */
export interface FileSuite extends SuiteFacts {
  readonly on: "files";
  prepare(one: Case): Promise<Prepared>;
}

export type Suite = DeviceSuite | FileSuite;

/** A prepared case. */
export interface Prepared {
  readonly work: Work;
  /** Runs the case `count` times in sequence, each to completion on the device. @returns the seconds of each */
  turn(count: number): Promise<readonly number[]>;
  /** Compares the case's results with the reference. Called after all measurements. */
  parity(): Promise<Parity>;
  dispose(): void | Promise<void>;
}

/** Converts a sample of `seconds` to the unit. */
export function inUnit(unit: Unit, { flops, bytes, tokens }: Work, seconds: number): number {
  if (unit === "s") return seconds;
  const done = { GFLOPS: flops && flops / 1e9, "GB/s": bytes && bytes / 1e9, "tokens/s": tokens }[unit];
  return (done ?? Number.NaN) / seconds;
}
