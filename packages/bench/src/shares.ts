// The share of its device's peak that each row reaches; the peaks are rows of the same run.
import { highest } from "@cambium/ir";
import type { Row } from "./result.js";

/** The fastest product and the fastest pass over memory of a contestant in these rows. */
export function peaksOf(rows: readonly Row[], backend: string): { gemm: number | null; stream: number | null } {
  // A peak is what the device can do: the best sample, whatever else the machine did meanwhile.
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
