// What a growth looks like: its pre-flight as a dozen lines, its progress with speed and time left.
import type { GrowPreflight, GrowProgress } from "@cambium/grow/node";
import {
  describePlan,
  formatCount,
  formatLayers,
  formatOperator,
  formatRate,
  formatRows,
  type GrowthPlan,
  planNeeds,
} from "@cambium/growth";
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
  // What is stored of a model that nobody modelled need not be its parameters: it may be packed.
  if (plan.target.family.forward) return `${describePlan(plan)}\n${formatRows([...notKept(plan), ...rows])}`;
  return formatRows([
    ["operator", formatOperator(operator)],
    ["layers", formatLayers(layers)],
    ["R_c", formatRate(rate)],
    ["elements", `${formatCount(report.parametersBefore)} → ${formatCount(report.parametersAfter)}`],
    ["tensors", `${tensors.copied} copied, ${tensors.computed} computed`],
    ["dropped", tensors.dropped.length === 0 ? "nothing" : `${tensors.dropped.length}: ${tensors.dropped[0]}, …`],
    ...rows,
  ]);
}

/** What only a live run can follow, of which a checkpoint says nothing. */
function notKept(plan: GrowthPlan): [string, string][] {
  const needs = planNeeds(plan).filter((need) => need !== "given");
  if (needs.length === 0) return [];
  const changes = plan.phase.masks.length > 0 ? "; without masks the function changes at once" : "";
  return [["not kept", `${needs.join(", ")}: growth in a recipe follows them, a checkpoint cannot${changes}`]];
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
