// What a growth looks like: its dry run as a dozen lines, its progress with speed and time left.

import type { GrowProgress, GrowReport } from "@cambium/grow/node";
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
import { compact } from "@cambium/scaling/magnitude";
import { duration } from "./format.js";
import { growthFlops } from "./grow-flops.js";
import { StatusLine } from "./status-line.js";

/** The dry run for a person. */
export function reportText(report: GrowReport): string {
  const { operator, layers, connectionRate: rate, plan, tensors, bytesDone, anew, diskFree } = report;
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
    ...(anew === undefined ? [] : [["begun anew", anew] as [string, string]]),
    ["memory", `at most ${compact(report.memory)}B`],
    ["disk free", diskFree === undefined ? "unknown" : `${compact(diskFree)}B`],
    [
      "files",
      report.files.length === 1 ? (report.files[0] as string) : `${report.files.length} shards and their index`,
    ],
    ...besideRows(report),
  ];
  // What is stored of a model that nobody modelled need not be its parameters: it may be packed.
  if (plan.target.family.forward) return `${describePlan(plan)}\n${formatRows([...notKept(plan), ...rows])}`;
  return formatRows([
    ["operator", formatOperator(operator)],
    ["layers", formatLayers(layers)],
    ["R_c", formatRate(rate)],
    ["elements", `${formatCount(report.parametersBefore)} → ${formatCount(report.parametersAfter)}`],
    ["tensors", `${tensors.copied} copied, ${tensors.computed} computed`],
    ["dropped", tensors.dropped.length === 0 ? "no tensor" : `${tensors.dropped.length}: ${tensors.dropped[0]}, …`],
    ...rows,
  ]);
}

/** What of the source's folder comes along, and everything that does not. */
function besideRows({ beside: { along, left } }: GrowReport): [string, string][] {
  const names = left.map(({ name, why }) => `${name} (${why})`);
  return [
    ...(along.length === 0 ? [] : [["go along", shortList(along)] as [string, string]]),
    ...(left.length === 0 ? [] : [["left behind", shortList(names)] as [string, string]]),
  ];
}

function shortList(names: readonly string[]): string {
  const shown = 8;
  return [...names.slice(0, shown), ...(names.length > shown ? [`and ${names.length - shown} more`] : [])].join(", ");
}

/** What only a live run can follow, of which a checkpoint says nothing. */
function notKept(plan: GrowthPlan): [string, string][] {
  const needs = planNeeds(plan).filter((need) => need !== "given");
  if (needs.length === 0) return [];
  const changes = plan.phase.masks.length > 0 ? "; without masks the function changes at once" : "";
  return [["not kept", `${needs.join(", ")}: growth in a recipe follows them, a checkpoint cannot${changes}`]];
}

const doing: Readonly<Record<GrowProgress["phase"], string>> = {
  check: "Checking what is there",
  write: "Writing",
  verify: "Verifying",
};

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
        return `${doing[phase]} ${percent} %  ${(speed / 1e9).toFixed(2)} GB/s  ${duration((total - done) / speed)} left`;
      });
    },
    stop: () => line.stop(),
  };
}
