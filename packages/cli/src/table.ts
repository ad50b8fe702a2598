// A run's result as a table and one sentence.

import { styleText } from "node:util";
import { compact, duration } from "@cambium/ir/figures";
import { type ArmEvaluation, type RunSummary, rowsOf } from "@cambium/report";
import { drawTable } from "./draw-table.js";
import { signedPercent } from "./format.js";
import { seedLines, speedupOf } from "./seed-view.js";

const head = ["arm", "layers", "parameters", "held-out loss", "FLOPs", "tokens", "time", "speed-up"];
const isFigure = (column: number) => column > 0;

/** @param columns the terminal's width, if it is not standard output's */
export function resultTable({ arms, comparison, why, seeds }: RunSummary, columns?: number): string {
  const rows = arms.map((arm) => [
    arm.done ? arm.name : `${arm.name} (running)`,
    String(arm.layers),
    compact(arm.parameters),
    arm.finalHeldOutLoss?.toFixed(4) ?? "–",
    compact(arm.spent.flops),
    compact(arm.spent.tokens),
    duration(arm.spent.seconds),
    arm.speedup === null ? "–" : signedPercent(arm.speedup),
  ]);
  const table = drawTable(head, rows, isFigure, columns);
  const evaluated = evaluationTable(arms, columns);
  const said = seeds ? overSeeds(seeds, comparison) : comparison ? styleText("bold", verdict(comparison)) : (why ?? "");
  return `${table}\n${evaluated === undefined ? "" : `${evaluated}\n`}${said}`;
}

/** The final models' evaluation results; undefined if none was evaluated. */
function evaluationTable(arms: RunSummary["arms"], width: number | undefined): string | undefined {
  const columns = arms.flatMap(({ name, evaluation }) => (evaluation ? [{ name, evaluation }] : []));
  if (columns.length === 0) return undefined;
  const evaluations = columns.map(({ evaluation }) => evaluation);
  const row = (
    label: string,
    of: (one: ArmEvaluation) => ArmEvaluation["average"] | undefined,
    print: (value: number) => string,
  ) => [
    label,
    ...evaluations.map((one) => {
      const { value = null, stderr } = of(one) ?? {};
      return value === null ? "–" : `${print(value)}${stderr === undefined ? "" : ` ± ${print(stderr)}`}`;
    }),
  ];
  const share = (value: number) => (100 * value).toFixed(2);
  const head = ["task", ...columns.map(({ name }) => name)];
  const rows = [
    ...rowsOf(evaluations, "accuracies").map((task) => row(`${task}, %`, ({ accuracies }) => accuracies[task], share)),
    row("average, %", ({ average }) => average, share),
    ...rowsOf(evaluations, "others").map((name) =>
      row(
        name,
        ({ others }) => others[name],
        (value) => value.toPrecision(4),
      ),
    ),
  ];
  return drawTable(head, rows, isFigure, width);
}

/** Statistics over seeds; the table above them shows the first seed. */
function overSeeds(seeds: NonNullable<RunSummary["seeds"]>, comparison: RunSummary["comparison"]): string {
  const { planned, done, arms } = seeds;
  const of = done.length < planned.length ? `${done.length} of ${planned.length} seeds so far` : `${done.length} seeds`;
  const lines = [`Above: seed ${planned[0]}. Over ${of}, mean ± deviation [95 % interval]:`, ...seedLines(seeds)];
  const speedup = arms.find(({ arm }) => arm === comparison?.grown)?.speedup;
  if (!speedup) return lines.join("\n");
  const { interval } = speedup;
  const shown = interval !== null && (interval[0] > 0 || interval[1] < 0);
  const end = interval === null || shown ? "" : `: too small a difference for ${speedup.count} seeds to show`;
  return [...lines, styleText("bold", `Speed-up ${speedupOf(speedup)} in FLOPs${end}.`)].join("\n");
}

function verdict({ grown, scratch, loss, speedup, beyond }: NonNullable<RunSummary["comparison"]>): string {
  const what = speedup >= 0 ? "Speed-up" : "Slow-down";
  const further = beyond ? ` But ${beyond.arm} went on to ${beyond.loss.toFixed(4)}.` : "";
  return `${what} ${signedPercent(speedup)} in FLOPs: ${grown} against ${scratch} at an equal held-out loss of ${loss.toFixed(4)} nats per token.${further}`;
}
