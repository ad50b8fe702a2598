// What `cambium grow` prints: the dry run in a dozen lines, progress with speed and time left.

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
import { compact } from "@cambium/ir/figures";
import { growthFlops } from "./grow-flops.js";
import { phasePace } from "./pace.js";
import { StatusLine } from "./status-line.js";

/** The dry run as text. */
export function reportText(report: GrowReport): string {
  const { operator, layers, connectionRate: rate, plan, tensors, bytesDone, anew, diskFree } = report;
  const flops = growthFlops(report);
  const rows: [string, string][] = [
    [
      "FLOPs",
      flops
        ? `${compact(flops.before)} → ${compact(flops.after)} per training token, in sequences of ${flops.context}`
        : "not known for this family",
    ],
    ["bytes", `${compact(report.bytesIn)}B → ${compact(report.bytesOut)}B`],
    ...(bytesDone > 0 ? [["done already", `${compact(bytesDone)}B`] as [string, string]] : []),
    ...(anew === undefined ? [] : [["started over", anew] as [string, string]]),
    ["memory", `at most ${compact(report.memory)}B`],
    ["disk free", diskFree === undefined ? "unknown" : `${compact(diskFree)}B`],
    [
      "files",
      report.files.length === 1 ? (report.files[0] as string) : `${report.files.length} shards and their index`,
    ],
    ...besideRows(report),
  ];
  // The tensors of an unmodelled family need not be its parameters (they may be packed), so elements are counted.
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

/** The other files of the source's folder: those that are copied and those that are not. */
function besideRows({ beside: { along, left } }: GrowReport): [string, string][] {
  const names = left.map(({ name, why }) => `${name} (${why})`);
  return [
    ...(along.length === 0 ? [] : [["copied along", shortList(along)] as [string, string]]),
    ...(left.length === 0 ? [] : [["left behind", shortList(names)] as [string, string]]),
  ];
}

function shortList(names: readonly string[]): string {
  const shown = 8;
  return [...names.slice(0, shown), ...(names.length > shown ? [`and ${names.length - shown} more`] : [])].join(", ");
}

/** What of the plan only a training run can carry out: a checkpoint does not record it. */
function notKept(plan: GrowthPlan): [string, string][] {
  const needs = planNeeds(plan).filter((need) => need !== "given");
  if (needs.length === 0) return [];
  const changes = plan.phase.masks.length > 0 ? "; without masks the function changes at once" : "";
  return [["not kept", `${needs.join(", ")}: a checkpoint cannot hold them, growth in a recipe does${changes}`]];
}

const doing: Readonly<Record<GrowProgress["phase"], string>> = {
  check: "Checking what is there",
  write: "Writing",
  verify: "Verifying",
};

/** Prints progress to `stream`: `show` takes it, `stop` ends the line. */
export function growProgress(stream: NodeJS.WriteStream): { show(progress: GrowProgress): void; stop(): void } {
  const line = new StatusLine(stream);
  const paceOf = phasePace<GrowProgress["phase"]>();
  return {
    show({ phase, done, total }) {
      const pace = paceOf(phase, done);
      line.show(() => {
        const percent = Math.floor((100 * done) / total);
        return `${doing[phase]} ${percent} %  ${(pace.perSecond(done) / 1e9).toFixed(2)} GB/s  ${pace.left(done, total)}`;
      });
    },
    stop: () => line.stop(),
  };
}
