// The contract of an evaluation task: pure functions from the rows of a data set to what a model is asked, and from its
// answers to figures. A task reads no file and knows no model.
import { type Fields, fieldReasons, type PluginContract } from "@cambium/plugin";
import type { z } from "zod";

/** Major version of the contract; a task made for another major is refused. */
export const taskContractVersion = 1;

/** What a model is asked about one document. */
export type EvalRequest =
  /** How likely is `continuation` after `context`? */
  | { readonly kind: "continuation"; readonly context: string; readonly continuation: string }
  /** How likely is a whole text, each token given those before it as far as the model's context reaches? */
  | { readonly kind: "rolling"; readonly text: string };

export interface EvalAnswer {
  /** Σ log p over the scored tokens, nats. */
  readonly logLikelihood: number;
  /** Whether each scored token was the model's likeliest. */
  readonly greedy: boolean;
  /** How many tokens were scored. */
  readonly tokens: number;
}

/** What one document contributes to the metrics; finite numbers. */
export type Sample = Readonly<Record<string, number>>;

export interface Figure {
  readonly value: number;
  /** Standard error of `value`, if known. */
  readonly stderr?: number;
}

export interface Metric {
  readonly better: "higher" | "lower";
  /** The figure over all documents; does not depend on their order. */
  of(samples: readonly Sample[]): Figure;
}

export interface EvalTask<Options extends object = object, Document = unknown> {
  readonly name: string;
  readonly version: string;
  /** One line: what it measures. */
  readonly summary: string;
  /** `taskContractVersion` it was built against. */
  readonly contract: number;
  /** All options have defaults. */
  readonly options: z.ZodType<Options>;
  /** One row of the data set. */
  readonly document: z.ZodType<Document>;
  /** Where the rows are published, and how many. */
  readonly dataset?: { readonly name: string; readonly config: string; readonly split: string; readonly rows: number };
  /** At least one request. The answers come in the same order. */
  requests(document: Document, options: Options): readonly EvalRequest[];
  sample(document: Document, answers: readonly EvalAnswer[], options: Options): Sample;
  readonly metrics: Readonly<Record<string, Metric>>;
}

/**
 * Stamps a task with the version of the contract it was built against.
 * @example export default defineTask({ name: "my-task", version, summary, options, document, requests, sample, metrics
 * });
 */
export function defineTask<Options extends object, Document>(
  task: Omit<EvalTask<Options, Document>, "contract">,
): EvalTask<Options, Document> {
  return { ...task, contract: taskContractVersion };
}

const fields: Fields<EvalTask> = {
  name: "string",
  version: "string",
  summary: "string",
  contract: "number",
  options: "object",
  document: "object",
  dataset: "object?",
  requests: "function",
  sample: "function",
  metrics: "object",
};

/** The contract of tasks, as `resolvePlugin` of `@cambium/plugin` takes it. */
export const taskPlugin: PluginContract<EvalTask> = {
  kind: "eval",
  version: taskContractVersion,
  define: "defineTask",
  problems: (value) => fieldReasons(fields, value),
};
