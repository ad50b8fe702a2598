// Perplexity: the conformance suite, the counts, and figures on a model whose probabilities are known.
import { bytesTokenizer } from "@cambium/data";
import { askedOf, type EvalTask, evaluate, perplexity } from "@cambium/eval";
import { describeTask } from "@cambium/eval/conformance";
import type { Encoded, Score } from "@cambium/inference";
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";

describeTask(perplexity, { rows: [{ text: "One." }, { text: " Two of  them.\n" }] });

/** Gives every token the same probability. */
const uniform = (p: number, longest: number) => ({
  longest,
  score: async (sequences: readonly Encoded[]): Promise<Score[]> =>
    sequences.map(({ scored }) => {
      const logLikelihoods = Array.from({ length: scored }, () => Math.log(p));
      return { logLikelihoods, logLikelihood: scored * Math.log(p), greedy: false, likeliest: [] };
    }),
});

test.each([3, 5, 100])("a model that gives each byte 1/8 has 3 bits per byte, in windows of %i", async (longest) => {
  const tokenizer = bytesTokenizer({ eosId: 256 });
  const rows = [{ text: "a whale\nis no fish" }, { text: " späť " }];
  const { metrics, samples, documents } = await evaluate({
    ...{ task: perplexity, rows, scorer: uniform(1 / 8, longest), tokenizer },
  });
  expect(documents).toBe(2);
  expect(samples.map(({ words, bytes }) => [words, bytes])).toEqual([
    [5, 18],
    [3, 8],
  ]);
  expect(metrics["bits_per_byte"]?.value).toBeCloseTo(3, 12);
  expect(metrics["byte_perplexity"]?.value).toBeCloseTo(8, 10);
  expect(metrics["word_perplexity"]?.value).toBeCloseTo(8 ** (26 / 8), 8);
});

test("names every row that is not a document, and options that the task does not take", async () => {
  const run = (rows: unknown[], options: object = {}) =>
    evaluate({ task: perplexity, rows, options, scorer: uniform(1 / 2, 8), tokenizer: bytesTokenizer() });
  await expect(run([{ text: "a" }, { page: "b" }, 3])).rejects.toMatchObject({
    code: "E_EVAL_DATA",
    details: { reasons: [{ where: "row 1.text" }, { where: "row 2" }] },
  });
  await expect(run([])).rejects.toMatchObject({ code: "E_EVAL_DATA" });
  await expect(run([{ text: "a" }], { shots: 5 })).rejects.toMatchObject({ code: "E_EVAL_OPTION" });
});

test("names every text that the tokenizer refuses, and its place in this text", () => {
  const strict = {
    ...bytesTokenizer(),
    encode(text: string): Int32Array {
      const at = text.indexOf("\u{1fae8}");
      if (at < 0) return bytesTokenizer().encode(text);
      throw new CambiumError("E_TOKENIZER", "refused", { where: "tokenizer.json", got: `at ${at}` });
    },
  };
  const asked = (task: EvalTask, rows: unknown[]) => {
    try {
      askedOf({ task, rows, tokenizer: strict, longest: 8, where: "rows.jsonl" });
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(
    asked(perplexity as unknown as EvalTask, [{ text: "a" }, { text: "b \u{1fae8}" }, { text: "\u{1fae8}" }]),
  ).toMatchObject({
    code: "E_EVAL_DATA",
    details: {
      where: "rows.jsonl",
      reasons: [
        { code: "E_TOKENIZER", where: "row 1, request 0, text, with tokenizer.json", got: "at 2" },
        { where: "row 2, request 0, text, with tokenizer.json", got: "at 0" },
      ],
    },
  });
  const choices = {
    ...perplexity,
    requests: () =>
      [
        ["x", " y"],
        ["x \u{1fae8} ", "y"],
        ["x", " \u{1fae8}"],
      ].map(([context = "", continuation = ""]) => ({ kind: "continuation", context, continuation })),
  } as unknown as EvalTask;
  expect(asked(choices, [{ text: "a" }])).toMatchObject({
    details: {
      reasons: [
        { where: "row 0, request 1, context, with tokenizer.json", got: "at 2" },
        { where: "row 0, request 2, continuation, with tokenizer.json", got: "at 1" },
      ],
    },
  });
});
