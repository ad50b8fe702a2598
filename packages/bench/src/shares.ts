// Each row's share of its device's peak; the peaks are rows of the same run.
import { highest } from "@cambium/ir";
import type { Row } from "./result.js";

/** A contestant's fastest matrix product (GFLOPS) and fastest pass over memory (GB/s). */
export function peaksOf(rows: readonly Row[], backend: string): { gemm: number | null; stream: number | null } {
  // A peak is the best sample: what the device can do without disturbance.
  const most = (suites: readonly string[]) => {
    const samples = rows
      .filter((row) => row.backend === backend && suites.includes(row.suite) && row.parity.agrees)
      .flatMap((row) => row.samples);
    return samples.length === 0 ? null : highest(samples);
  };
  return { gemm: most(["gemm-peak", "gemm"]), stream: most(["stream-peak"]) };
}

export function withShares(rows: readonly Row[]): Row[] {
  return rows.map((row) => ({ ...row, peakShare: shareOf(row, rows) }));
}

function shareOf({ backend, bound, work, seconds }: Row, rows: readonly Row[]): number | null {
  if (bound === null) return null;
  const peak = peaksOf(rows, backend)[bound];
  const done = bound === "gemm" ? work.flops : work.bytes;
  return peak === null || done === undefined ? null : done / seconds / 1e9 / peak;
}
