// What a growth looks like: its pre-flight as a dozen lines, its progress with speed and time left.
import type { GrowPreflight, GrowProgress } from "@cambium/checkpoint";
import { describePlan, formatLayers } from "@cambium/growth";
import { compact, duration } from "./format.js";
import { growthFlops } from "./grow-flops.js";
import { StatusLine } from "./status-line.js";

/** The pre-flight for a person. */
export function preflightText(report: GrowPreflight): string {
  const { operator, layers, connectionRate: rate, plan, tensors, bytesDone, diskFree } = report;
  const flops = growthFlops(report);
  const rows: [string, string][] = [
    [
      "FLOPs",
      flops
        ? `${compact(flops.before)} → ${compact(flops.after)} to train on a token, of ${flops.context} in a sequence`
        : "not known for this family",
    ],
    ["bytes", `${compact(report.bytesIn)}B → ${compact(report.bytesOut)}B`],
    ...(bytesDone > 0 ? [["there already", `${compact(bytesDone)}B`] as [string, string]] : []),
    ["memory", `at most ${compact(report.memory)}B`],
    ["disk free", diskFree === undefined ? "unknown" : `${compact(diskFree)}B`],
    [
      "files",
      report.files.length === 1 ? (report.files[0] as string) : `${report.files.length} shards and their index`,
    ],
  ];
  if (plan) return `${describePlan(plan)}\n${table(rows)}`;
  const count = (n: number): string => n.toLocaleString("en-US");
  return table([
    ["operator", `${operator.name} ${operator.version}`],
    ["layers", formatLayers(layers)],
    ["R_c", `${rate.numerator}/${rate.denominator} = ${(100 * rate.value).toFixed(2)} %`],
    ["elements", `${count(report.parametersBefore)} → ${count(report.parametersAfter)}`],
    ["tensors", `${tensors.copied} copied, ${tensors.computed} computed`],
    ["dropped", tensors.dropped.length === 0 ? "nothing" : `${tensors.dropped.length}: ${tensors.dropped[0]}, …`],
    ...rows,
  ]);
}

function table(rows: readonly [string, string][]): string {
  return rows.map(([label, text]) => `${label.padEnd(14)}${text}`).join("\n");
}

/** Prints progress to `stream`; returns what takes it and what ends the line. */
export function growProgress(stream: NodeJS.WriteStream): { show(progress: GrowProgress): void; stop(): void } {
  const line = new StatusLine(stream);
  let first: { readonly at: number; readonly progress: GrowProgress } | undefined;
  return {
    show(progress) {
      const now = performance.now();
      if (first?.progress.phase !== progress.phase) first = { at: now, progress };
      const { at, progress: begin } = first;
      line.show(() => {
        const { done, total, phase } = progress;
        const speed = (done - begin.done) / ((now - at) / 1000);
        const percent = Math.floor((100 * done) / total);
        const what = phase === "write" ? "Writing" : "Verifying";
        return `${what} ${percent} %  ${(speed / 1e9).toFixed(2)} GB/s  ${duration((total - done) / speed)} left`;
      });
    },
    stop: () => line.stop(),
  };
}
