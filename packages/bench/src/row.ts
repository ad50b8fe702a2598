// Makes a row of the result from a contestant's answers.
import { type Engaged, plain } from "./engaged.js";
import type { Parity } from "./parity.js";
import type { Row } from "./result.js";
import { median, medianInterval, quantile } from "./statistics.js";
import { type Case, inUnit, type Suite, type Work } from "./suite.js";

export interface Measured {
  readonly device: string;
  readonly fallback: string | null;
  readonly work: Work;
  readonly engaged: Partial<Engaged>;
  readonly warmup: Row["warmup"];
  /** Seconds of each run, by turn. */
  readonly turns: readonly (readonly number[])[];
  /** Turns in each process. */
  readonly processes: readonly number[];
  /** Seconds of the machine's probe before each turn. */
  readonly machine: readonly number[];
  /** Seconds of processor time of a run, by turn; shorter than `turns` if not all tell. */
  readonly processor: readonly number[];
  /** Over all turns; 0 without an energy meter. */
  readonly joules: number;
  readonly residentBytes: number | null;
  readonly deviceBytes: number | null;
  readonly providers?: Readonly<Record<string, number>> | null;
  readonly parity: Parity;
}

export function rowOf(suite: Suite, one: Case, backend: string, measured: Measured): Row {
  const { unit, bound } = suite;
  const { device, fallback, work, warmup, turns, joules, parity } = measured;
  const engaged = { ...plain, ...measured.engaged };
  const inUnits = turns.map((turn) => turn.map((seconds) => inUnit(unit, work, seconds)));
  const samples = inUnits.flat();
  return {
    ...{ suite: suite.name, case: one.name, size: { ...one.size }, backend, device },
    engaged: {
      ...engaged,
      ...{ fused: [...engaged.fused], decomposed: [...engaged.decomposed] },
      ...{ half: [...engaged.half], features: [...engaged.features] },
      ...{ providers: measured.providers ?? null, fallback },
    },
    ...{ unit, better: unit === "s" ? "lower" : "higher" },
    median: median(samples),
    interval: [...medianInterval(inUnits)],
    quartiles: [quantile(samples, 0.25), quantile(samples, 0.75)],
    samples,
    turns: turns.map(({ length }) => length),
    processes: [...measured.processes],
    machine: [...measured.machine],
    processor: measured.processor.length === turns.length ? [...measured.processor] : null,
    seconds: median(turns.flat()),
    ...{ warmup, work, bound },
    // Filled in later: shares need the peaks, which are rows too.
    peakShare: null,
    memory: { resident: measured.residentBytes, device: measured.deviceBytes },
    joules: joules > 0 ? joules / samples.length : null,
    parity: { ...parity, error: Number.isFinite(parity.error) ? parity.error : null },
  };
}
