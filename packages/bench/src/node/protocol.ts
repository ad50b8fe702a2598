// The protocol between the benchmark and a contestant's process: lines of JSON, one answer per command.

import type { Precision } from "@cambium/train";
import type { Engaged } from "../engaged.js";
import type { Parity } from "../parity.js";
import type { Case, Work } from "../suite.js";

export type Command =
  /** Opens the device and prepares the case. */
  | {
      readonly cmd: "prepare";
      readonly suite: string;
      readonly case: Case;
      readonly backend: string;
      /** Whether `backend` is an engine. */
      readonly engine?: boolean;
      readonly options: Readonly<Record<string, string | number | boolean>>;
      readonly precision: Precision;
      readonly project: string;
      /** Warm-up runs continue until they are steady, at most this long. */
      readonly warmupSeconds: number;
    }
  /** Runs the case `count` times. */
  | { readonly cmd: "turn"; readonly count: number }
  /** After the last turn: memory, then the comparison with the reference. */
  | { readonly cmd: "finish" }
  | { readonly cmd: "exit" };

export interface Ready {
  readonly device: string;
  readonly version: string;
  readonly fallback: string | null;
  readonly work: Work;
  /** Peers name only what they know. */
  readonly engaged: Partial<Engaged>;
  readonly warmup: { readonly runs: number; readonly seconds: number; readonly steady: boolean };
  /** Seconds per run at the end of the warm-up. */
  readonly secondsPerRun: number;
  /** Seconds of the first run. */
  readonly first: readonly number[];
}

export interface Turn {
  readonly seconds: readonly number[];
  /** Seconds of processor time of one run, the turn's mean over all threads; absent if the contestant does not tell. */
  readonly processor?: number;
}

export interface Finished {
  readonly residentBytes: number | null;
  readonly deviceBytes: number | null;
  /** Kernels of one run by what ran them, if measured. */
  readonly providers?: Readonly<Record<string, number>> | null;
  readonly parity: Parity;
}

/** The answer to any command that failed. */
export interface Failed {
  readonly error: { readonly code: string; readonly message: string };
}
