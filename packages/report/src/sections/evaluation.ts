// The arms' final models on evaluation tasks: one row per task, one column per arm, with standard errors as bars.
import { highest, lowest } from "@cambium/ir";
import type { TaskFigure } from "@cambium/run-format";
import { summarizeArm } from "../arm-summary.js";
import type { Arm } from "../arms.js";
import { type ArmEvaluation, evaluationOf, rowsOf } from "../evaluation.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import type { OverSeeds } from "../seeds.js";

/** With more columns the table scrolls sideways, as the table of arms does. */
const columnsThatFit = 3;

interface Column {
  readonly arm: Arm;
  readonly evaluation: ArmEvaluation;
}

/** @param seeds with two or more of them done, the figures are means over them. @returns null if no arm was evaluated */
export function evaluationSection(arms: readonly Arm[], seeds: OverSeeds | null): Html | null {
  const over = seeds && seeds.done.length > 1 ? seeds : null;
  const columns = arms.flatMap((arm): Column[] => {
    const evaluation = over ? over.evaluations[arm.name] : evaluationOf(arm);
    return evaluation ? [{ arm, evaluation }] : [];
  });
  if (columns.length === 0) return null;
  const evaluations = columns.map(({ evaluation }) => evaluation);
  const scratch = arms.find((arm) => !arm.grows);
  const summaries = columns.map(({ arm }) => summarizeArm(arm, scratch));
  const percent = (value: number) => (100 * value).toFixed(2);
  const row = (
    label: string,
    figures: readonly (TaskFigure | null | undefined)[],
    print: typeof percent,
    reference?: Arm,
  ) =>
    html`<tr><th scope="row">${label}</th>${figures.map((figure, i) => html`<td>${reference && columns[i]?.arm === reference ? "reference" : cell(figure, figures, print, columns[i]?.arm.colour)}</td>`)}</tr>`;
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
    ${row(
      "Final held-out loss",
      columns.map(({ arm }, i) => overSeeds(over, arm, "loss") ?? figureOf(summaries[i]?.finalHeldOutLoss)),
      format.loss,
    )}
    ${row(
      "Speed-up",
      columns.map(({ arm }, i) => overSeeds(over, arm, "speedup") ?? figureOf(summaries[i]?.speedup)),
      format.percent,
      scratch,
    )}</tbody>
  </table></div>
  <p class="note">Accuracy and perplexity as lm-evaluation-harness defines them, zero-shot. ${
    over
      ? html`Means over the seeds ${format.list(over.done.map(String))}; ± is the standard deviation between them, drawn as a bar.`
      : "± is the standard error over the documents, drawn as a bar: arms whose bars overlap could change places on other documents."
  }</p>
</section>`;
}

function figureOf(value: number | null | undefined): TaskFigure | null {
  return value == null ? null : { value, better: "higher" };
}

/** The mean over seeds with the deviation between them; null without several seeds. */
function overSeeds(seeds: OverSeeds | null, { name }: Arm, of: "loss" | "speedup"): TaskFigure | null {
  const statistics = seeds?.arms.find(({ arm }) => arm === name)?.[of];
  if (!statistics) return null;
  const { mean, deviation } = statistics;
  return { value: mean, ...(deviation !== null && { stderr: deviation }), better: "higher" };
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
