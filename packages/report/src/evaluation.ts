// Results of the arms' final models on tasks, as in the table of Du et al. 2024: accuracies, their average, WikiText.
import type { TaskFigure } from "@cambium/run-format";
import { seedStatistics } from "@cambium/scaling";
import type { Arm } from "./arms.js";

export interface ArmEvaluation {
  /** Accuracy by task, a share of 1. */
  readonly accuracies: Readonly<Record<string, TaskFigure>>;
  /** Unweighted mean of the accuracies; documents count as independent draws. Null if a value is missing. */
  readonly average: TaskFigure | null;
  /** The first figure of each task without an accuracy, by task and metric: `wikitext word_perplexity`. */
  readonly others: Readonly<Record<string, TaskFigure>>;
}

/** @returns null if the arm is not done or nothing was evaluated */
export function evaluationOf(arm: Arm): ArmEvaluation | null {
  const tasks = Object.entries((arm.done && arm.stages.at(-1)?.evaluation?.tasks) || {});
  if (tasks.length === 0) return null;
  const accuracies: Record<string, TaskFigure> = {};
  const others: Record<string, TaskFigure> = {};
  for (const [task, { metrics }] of tasks) {
    const [[name, figure] = []] = Object.entries(metrics);
    if (metrics["acc"]) accuracies[task] = metrics["acc"];
    else if (name !== undefined && figure) others[`${task} ${name}`] = figure;
  }
  return { accuracies, average: averageOf(Object.values(accuracies)), others };
}

function averageOf(figures: readonly TaskFigure[]): TaskFigure | null {
  const values = figures.map(({ value }) => value);
  if (values.length === 0 || values.includes(null)) return null;
  const value = values.reduce<number>((sum, one) => sum + (one ?? 0), 0) / values.length;
  const errors = figures.map(({ stderr }) => stderr);
  if (errors.includes(undefined)) return { value, better: "higher" };
  const squares = errors.reduce<number>((sum, one) => sum + (one ?? 0) ** 2, 0);
  return { value, stderr: Math.sqrt(squares) / values.length, better: "higher" };
}

/** The names of figures that any arm has, in order. */
export function rowsOf(evaluations: readonly ArmEvaluation[], of: "accuracies" | "others"): string[] {
  return [...new Set(evaluations.flatMap((one) => Object.keys(one[of])))];
}

/** Each figure's mean over seeds, with the standard deviation between seeds as its error. */
export function evaluationOverSeeds(evaluations: readonly ArmEvaluation[]): ArmEvaluation {
  const over = (of: "accuracies" | "others") =>
    Object.fromEntries(
      rowsOf(evaluations, of).flatMap((name) => {
        const figure = meanOf(evaluations.map((one) => one[of][name]));
        return figure ? [[name, figure]] : [];
      }),
    );
  return {
    accuracies: over("accuracies"),
    average: meanOf(evaluations.map(({ average }) => average)),
    others: over("others"),
  };
}

/** Null unless every seed has a value. */
function meanOf(figures: readonly (TaskFigure | null | undefined)[]): TaskFigure | null {
  const values = figures.flatMap((figure) => figure?.value ?? []);
  const [first] = figures;
  if (!first || values.length < figures.length) return null;
  const { mean, deviation } = seedStatistics(values);
  return { value: mean, ...(deviation !== null && { stderr: deviation }), better: first.better };
}
