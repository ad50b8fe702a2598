// Shared by tasks that ask which of several texts is likeliest.
import { z } from "zod";
import { mean } from "../metrics.js";
import { defineTask, type EvalTask } from "../task.js";

/** One question. */
export interface Question {
  readonly context: string;
  readonly choices: readonly string[];
  /** Index of the right one. */
  readonly gold: number;
}

/** The parts in which multiple-choice tasks differ. */
export interface MultipleChoice<Document> extends Pick<EvalTask, "name" | "summary" | "dataset"> {
  readonly document: z.ZodType<Document>;
  question(document: Document): Question;
}

/**
 * A task in which each choice follows the context after one space. `acc`: the likeliest choice is the right one (the
 * first of equals); `acc_norm`: the same, with each log-likelihood divided by the choice's length in Unicode code
 * points.
 */
export function multipleChoice<Document>({ question, ...rest }: MultipleChoice<Document>): EvalTask<object, Document> {
  return defineTask<object, Document>({
    ...rest,
    version: "1.0.0",
    options: z.strictObject({}),
    requests: (document) => {
      const { context, choices } = question(document);
      return choices.map((choice) => ({ kind: "continuation", context, continuation: ` ${choice}` }));
    },
    sample: (document, answers) => {
      const { choices, gold } = question(document);
      const logs = answers.map(({ logLikelihood }) => logLikelihood);
      const normed = logs.map((log, i) => log / [...(choices[i] as string)].length);
      return { acc: Number(firstLargest(logs) === gold), acc_norm: Number(firstLargest(normed) === gold) };
    },
    metrics: { acc: mean("acc"), acc_norm: mean("acc_norm") },
  });
}

/** Index of the largest; the first of equals. */
export function firstLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);
}
