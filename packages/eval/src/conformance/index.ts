// The conformance suite of evaluation tasks, for their authors' own tests.
import { describe, expect, test } from "vitest";
import { type EvalAnswer, type EvalTask, type Sample, taskPlugin } from "../task.js";

export interface DescribeTaskOptions {
  /** A few rows of the data set, at least two. */
  readonly rows: readonly unknown[];
  /** Options besides the defaults to try as well. */
  readonly options?: readonly object[];
}

/** @example describeTask(task, { rows: [{ text: "One." }, { text: "Two of them." }] }); */
export function describeTask<Options extends object, Document>(
  task: EvalTask<Options, Document>,
  { rows, options = [] }: DescribeTaskOptions,
): void {
  describe(`the task ${task.name}`, () => {
    test("is whole, with a semantic version and one line of summary", () => {
      expect(taskPlugin.problems(task)).toEqual([]);
      expect(task.contract).toBe(taskPlugin.version);
      expect(task.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(task.summary).toMatch(/^\S.*$/);
      expect(Object.keys(task.metrics).length).toBeGreaterThan(0);
    });

    test("refuses options it does not know", () => {
      expect(task.options.safeParse({ "no such option": 1 }).success).toBe(false);
    });

    describe.each([{}, ...options])("with options %o", (given) => {
      const chosen = task.options.parse(given);
      const documents = rows.map((row) => task.document.parse(row));
      const samples = documents.map((document, i) => task.sample(document, answers(task, document, chosen, i), chosen));

      test("asks the same each time, and something of every document", () => {
        expect(documents.length).toBeGreaterThan(1);
        for (const document of documents) {
          const requests = task.requests(document, chosen);
          expect(requests.length).toBeGreaterThan(0);
          expect(JSON.parse(JSON.stringify(requests))).toEqual(requests);
          expect(task.requests(document, chosen)).toEqual(requests);
        }
      });

      test("makes finite samples, the same from the same answers", () => {
        for (const [i, document] of documents.entries()) {
          const values = Object.values(samples[i] as Sample);
          expect(values.length).toBeGreaterThan(0);
          expect(values.filter((value) => !Number.isFinite(value))).toEqual([]);
          expect(task.sample(document, answers(task, document, chosen, i), chosen)).toEqual(samples[i]);
        }
      });

      test.each(Object.entries(task.metrics))("%s is finite and does not depend on the order", (_, metric) => {
        const { value, stderr = 0 } = metric.of(samples);
        expect([value, stderr].every(Number.isFinite)).toBe(true);
        expect(metric.of([...samples].reverse()).value).toBeCloseTo(value, 10);
        expect(Number.isFinite(metric.of(samples.slice(0, 1)).value)).toBe(true);
      });
    });
  });
}

/** Answers that a model could give: likelihoods that differ from request to request. */
function answers<Options extends object, Document>(
  task: EvalTask<Options, Document>,
  document: Document,
  options: Options,
  index: number,
): EvalAnswer[] {
  return task.requests(document, options).map((_, i) => ({
    ...{ logLikelihood: -1 - 0.37 * i - 0.11 * index, greedy: (i + index) % 2 === 0, tokens: 2 + i },
  }));
}
