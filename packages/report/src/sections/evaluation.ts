// The arms' final models on evaluation tasks: one row per task, one column per arm, with standard errors as bars.
import { highest, lowest } from "@cambium/ir";
import type { TaskFigure } from "@cambium/run-format";
import { summarizeArm } from "../arm-summary.js";
import type { Arm } from "../arms.js";
import { type ArmEvaluation, evaluationOf, rowsOf } from "../evaluation.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";

/** With more columns the table scrolls sideways, as the table of arms does. */
const columnsThatFit = 3;

interface Column {
  readonly arm: Arm;
  readonly evaluation: ArmEvaluation;
}

/** @returns null if no arm was evaluated */
export function evaluationSection(arms: readonly Arm[]): Html | null {
  const columns = arms.flatMap((arm): Column[] => {
    const evaluation = evaluationOf(arm);
    return evaluation ? [{ arm, evaluation }] : [];
  });
  if (columns.length === 0) return null;
  const evaluations = columns.map(({ evaluation }) => evaluation);
  const scratch = arms.find((arm) => !arm.grows);
  const summaries = columns.map(({ arm }) => summarizeArm(arm, scratch));
  const percent = (value: number) => (100 * value).toFixed(2);
  const row = (label: string, figures: readonly (TaskFigure | null | undefined)[], print: typeof percent) =>
    html`<tr><th scope="row">${label}</th>${figures.map((figure, i) => html`<td>${cell(figure, figures, print, columns[i]?.arm.colour)}</td>`)}</tr>`;
  return html`<section aria-labelledby="evaluation">
  <h2 id="evaluation">On evaluation tasks</h2>
  <div class="scroll" role="region" aria-labelledby="evaluation" tabindex="0"><table class="${columns.length > columnsThatFit ? "summary many" : "summary"}">
    <thead><tr><td></td>${columns.map(({ arm }) => html`<th scope="col"><span class="swatch ${arm.colour}" aria-hidden="true"></span>${arm.name}</th>`)}</tr></thead>
    <tbody>${rowsOf(evaluations, "accuracies").map((task) => {
      return row(
        `${task}, %`,
        evaluations.map(({ accuracies }) => accuracies[task]),
        percent,
      );
    })}
    ${
      evaluations.some(({ average }) => average) &&
      row(
        "Average, %",
        evaluations.map(({ average }) => average),
        percent,
      )
    }
    ${rowsOf(evaluations, "others").map((name) => {
      return row(
        name.replaceAll("_", " "),
        evaluations.map(({ others }) => others[name]),
        (value) => value.toPrecision(4),
      );
    })}
    <tr><th scope="row">Final held-out loss</th>${summaries.map(({ finalHeldOutLoss }) => html`<td>${format.loss(finalHeldOutLoss)}</td>`)}</tr>
    <tr><th scope="row">Speed-up</th>${summaries.map(({ speedup }, i) => html`<td>${columns[i]?.arm === scratch ? "reference" : speedup === null ? format.none : format.percent(speedup)}</td>`)}</tr></tbody>
  </table></div>
  <p class="note">Accuracy and perplexity as lm-evaluation-harness defines them, zero-shot. ± is the standard error over the
  documents, drawn as a bar: arms whose bars overlap could change places on other documents.</p>
</section>`;
}

function cell(
  figure: TaskFigure | null | undefined,
  all: readonly (TaskFigure | null | undefined)[],
  print: (value: number) => string,
  colour = "",
): Html | string {
  if (!figure || figure.value === null) return format.none;
  const { value, stderr } = figure;
  const number = html`<span class="line">${print(value)}${stderr !== undefined && html` <small>±\u00a0${print(stderr)}</small>`}</span>`;
  const ends = all.flatMap((one) =>
    one?.value == null ? [] : [one.value - (one.stderr ?? 0), one.value + (one.stderr ?? 0)],
  );
  const [least, most] = [lowest(ends), highest(ends)];
  if (stderr === undefined || most === least) return number;
  const place = (at: number) => `${((100 * (at - least)) / (most - least)).toFixed(1)}%`;
  const bar = `left:${place(value - stderr)};right:${place(least + most - value - stderr)}`;
  return html`${number}<span class="range ${colour}" aria-hidden="true"><i style="${bar}"></i><b style="left:${place(value)}"></b></span>`;
}
