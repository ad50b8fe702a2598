// What the benchmark and the process of one contestant say to each other: a line of JSON each way, one answer a command.

import type { Precision } from "@cambium/train";
import type { Parity } from "../parity.js";
import type { Case, Engaged, Work } from "../suite.js";

export type Command =
  /** Opens what computes and makes the case ready. */
  | {
      readonly cmd: "prepare";
      readonly suite: string;
      readonly case: Case;
      readonly backend: string;
      readonly options: Readonly<Record<string, string | number | boolean>>;
      readonly precision: Precision;
      readonly project: string;
      /** Runs before samples are taken go on until they are steady, this long at most. */
      readonly warmupSeconds: number;
    }
  /** Runs the case. */
  | { readonly cmd: "turn"; readonly count: number }
  /** After the last turn: memory, then the comparison with the reference. */
  | { readonly cmd: "finish" }
  | { readonly cmd: "exit" };

export interface Ready {
  readonly device: string;
  readonly version: string;
  readonly fallback: string | null;
  readonly work: Work;
  readonly engaged: Engaged;
  readonly warmup: { readonly runs: number; readonly seconds: number; readonly steady: boolean };
  /** Seconds of a run, by the last of the warm-up. */
  readonly secondsPerRun: number;
  /** Seconds of the first run. */
  readonly first: readonly number[];
}

export interface Turn {
  readonly seconds: readonly number[];
}

export interface Finished {
  readonly residentBytes: number | null;
  readonly deviceBytes: number | null;
  readonly parity: Parity;
}

/** A failure, as an answer to any command. */
export interface Failed {
  readonly error: { readonly code: string; readonly message: string };
}
