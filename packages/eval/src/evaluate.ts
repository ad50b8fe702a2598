// Runs a task on a model: from rows to figures.
import { encodeAs, ofText, type Tokenizer } from "@cambium/data";
import { type Encoded, encodeContinuation, encodeRolling, type Score, type Scorer } from "@cambium/inference";
import { CambiumError, type Reason, reasonOf } from "@cambium/ir";
import type { EvalAnswer, EvalRequest, EvalTask, Figure, Sample } from "./task.js";

export interface Evaluation<Options extends object, Document> {
  readonly task: EvalTask<Options, Document>;
  /** As the user gives them; the task's defaults fill in the rest. */
  readonly options?: unknown;
  /** Rows of the data set. */
  readonly rows: Iterable<unknown>;
  /** The model. */
  readonly scorer: Pick<Scorer, "longest" | "score">;
  readonly tokenizer: Tokenizer;
  /** Scores of an earlier attempt at the same work, by the index of the sequence. */
  readonly known?: ReadonlyMap<number, Score>;
  /**
   * Called with each batch's scores by the index of the sequence, the sequences scored so far and those to score in
   * all, and awaited; if it throws, the evaluation ends.
   */
  onScored?(scores: ReadonlyMap<number, Score>, done: number, total: number): void | Promise<void>;
}

export interface Evaluated {
  readonly task: string;
  readonly version: string;
  readonly options: object;
  readonly documents: number;
  readonly metrics: Readonly<Record<string, Figure & { readonly better: "higher" | "lower" }>>;
  /** Of each document, in the order of the rows. */
  readonly samples: readonly Sample[];
}

/** The parts of an evaluation that decide what the model is asked. */
export interface Questions<Options extends object, Document>
  extends Pick<Evaluation<Options, Document>, "task" | "options" | "rows" | "tokenizer"> {
  /** Tokens that the model predicts in a row. */
  readonly longest: number;
  /** The files of the rows, for messages. */
  readonly where?: string;
}

/**
 * What the model is asked about each row, as sequences to score. Finds mistakes in rows, and texts that the tokenizer
 * refuses, before a model is needed.
 * @throws CambiumError as `evaluate` does, except the scorer's.
 */
export function askedOf<Options extends object, Document>({
  task,
  options: given = {},
  rows,
  tokenizer,
  longest,
  where,
}: Questions<Options, Document>) {
  const options = readOptions(task, given);
  const documents = readDocuments(task, rows, where);
  const reasons: Reason[] = [];
  const asked = documents.map((document, row) =>
    task.requests(document, options).map((request, i) => {
      try {
        return encode(request, tokenizer, longest);
      } catch (error) {
        if (!(error instanceof CambiumError)) throw error;
        reasons.push(refusedText(error, request, tokenizer, `row ${row}, request ${i}`));
        return [];
      }
    }),
  );
  if (reasons.length > 0) {
    const details = { ...(where === undefined ? {} : { where }), reasons };
    throw new CambiumError("E_EVAL_DATA", `the tokenizer refuses texts of the task ${task.name}`, details);
  }
  return { options, documents, asked };
}

/**
 * Asks the model all that the task asks about each row.
 * @throws CambiumError `E_EVAL_OPTION` for options the task does not take; `E_EVAL_DATA` naming every row that is not
 *   one of the task's documents, or where there is none; from the tokenizer and the scorer.
 */
export async function evaluate<Options extends object, Document>({
  task,
  options: given = {},
  rows,
  scorer,
  tokenizer,
  known = new Map(),
  onScored,
}: Evaluation<Options, Document>): Promise<Evaluated> {
  const { options, documents, asked } = askedOf({ task, options: given, rows, tokenizer, longest: scorer.longest });
  const sequences = asked.flat(2);
  let done = known.size;
  const scores = await scorer.score(sequences, {
    known,
    onScored: async (fresh) => {
      done += fresh.size;
      await onScored?.(fresh, done, sequences.length);
    },
  });
  let next = 0;
  const samples = documents.map((document, i) => {
    const answers = (asked[i] as Encoded[][]).map((parts) => {
      next += parts.length;
      return answer(scores.slice(next - parts.length, next));
    });
    return task.sample(document, answers, options);
  });
  const metrics = Object.fromEntries(
    Object.entries(task.metrics).map(([name, { better, of }]) => [name, { ...of(samples), better }]),
  );
  return { task: task.name, version: task.version, options, documents: documents.length, metrics, samples };
}

function encode(request: EvalRequest, tokenizer: Tokenizer, longest: number): readonly Encoded[] {
  if (request.kind === "rolling") return encodeRolling(tokenizer, request.text, longest);
  return [encodeContinuation(tokenizer, request.context, request.continuation, longest)];
}

/** Which of a request's texts it was; places are those within this text. */
function refusedText(error: CambiumError, request: EvalRequest, tokenizer: Tokenizer, where: string): Reason {
  const texts = Object.entries(request).filter(([name]) => name !== "kind");
  for (const [name, text] of texts) {
    try {
      encodeAs(`${where}, ${name}`, tokenizer, text);
    } catch (own) {
      if (own instanceof CambiumError) return reasonOf(own);
      throw own;
    }
  }
  return reasonOf(ofText(`${where}, ${texts.map(([name]) => name).join(" and ")}`, error));
}

function answer(scores: readonly Score[]): EvalAnswer {
  return {
    logLikelihood: scores.reduce((sum, { logLikelihood }) => sum + logLikelihood, 0),
    greedy: scores.every(({ greedy }) => greedy),
    tokens: scores.reduce((sum, { logLikelihoods }) => sum + logLikelihoods.length, 0),
  };
}

function readOptions<Options extends object>({ name, options }: EvalTask<Options>, given: unknown): Options {
  const parsed = options.safeParse(given);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => ({ where: path.join("."), message }));
  throw new CambiumError("E_EVAL_OPTION", `the task ${name} does not take these options`, { reasons });
}

function readDocuments<Document>(
  { name, document }: EvalTask<object, Document>,
  rows: Iterable<unknown>,
  where: string | undefined,
): Document[] {
  const details = where === undefined ? {} : { where };
  const documents: Document[] = [];
  const reasons: Reason[] = [];
  let row = 0;
  for (const one of rows) {
    const parsed = document.safeParse(one);
    if (parsed.success) documents.push(parsed.data);
    else {
      const [issue] = parsed.error.issues;
      const at = [`row ${row}`, ...(issue?.path ?? [])].join(".");
      reasons.push({ where: at, message: issue?.message ?? "does not fit" });
    }
    row += 1;
  }
  if (reasons.length > 0)
    throw new CambiumError("E_EVAL_DATA", `these are not documents of the task ${name}`, { ...details, reasons });
  if (documents.length === 0)
    throw new CambiumError("E_EVAL_DATA", `there is no document for the task ${name}`, details);
  return documents;
}
