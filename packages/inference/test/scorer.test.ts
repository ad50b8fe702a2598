// Log-likelihoods compared with the logits of whole sequences, in float64, for any batch and padding.
import { type Device, referenceBackend } from "@cambium/backend";
import { type Encoded, meanLoss, type Score, Scorer } from "@cambium/inference";
import { type HostTensor, hostTensor } from "@cambium/ir";
import { initParameters, llama, logitsGraph, lossGraph, modelSpec } from "@cambium/model";
import { afterEach, beforeEach, expect, test } from "vitest";

let device: Device;
beforeEach(async () => {
  device = await referenceBackend.open();
});
afterEach(async () => {
  expect(await device.memory()).toMatchObject({ tensors: 0, executables: 0 });
  await device.close();
});

const sizes = { vocab: 17, hidden: 8, intermediate: 12, layers: 2, heads: 2, contextLength: 40 };
const model = modelSpec(llama, { ...sizes, initializerRange: 0.5 });
const weights = initParameters(model, { seed: "score", scheme: "hf" });
const sequence = (length: number, scored: number, seed = 3): Encoded => ({
  ids: Array.from({ length }, (_, i) => (seed * (i + 1) ** 2 + i) % sizes.vocab),
  scored,
});

/** log softmax of the logits at the scored tokens, and the likeliest ids there. */
async function oracle({ ids, scored }: Encoded): Promise<{ logs: number[]; likeliest: number[] }> {
  const context = ids.length - 1;
  using executable = await device.compile(logitsGraph(model, { batch: 1, context }));
  const tokens = hostTensor("i32", [1, context], ids.slice(0, -1));
  const { fetched } = await executable.run({ ...weights, tokens }, { fetch: ["logits"] });
  const { data } = (await fetched)["logits"] as HostTensor;
  const rows = Array.from({ length: scored }, (_, i) => {
    const at = (context - scored + i) * sizes.vocab;
    const row = [...data.subarray(at, at + sizes.vocab)];
    const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const log = (row[ids[ids.length - scored + i] as number] as number) - Math.log(total);
    return { log, likeliest: row.indexOf(Math.max(...row)) };
  });
  return { logs: rows.map(({ log }) => log), likeliest: rows.map(({ likeliest }) => likeliest) };
}

/** Continues the first tokens of a sequence. */
const continued = (length: number, seed: number, ...more: number[]): Encoded => ({
  ids: [...sequence(length, 0, seed).ids, ...more],
  scored: more.length,
});

const apart = [sequence(5, 2), sequence(41, 40, 5), sequence(34, 1, 7), sequence(2, 1), sequence(9, 8, 11)];
// Three with one prefix, two with another, and two whose shared row is longer than the context.
const together = [
  ...[continued(7, 3, 4, 1, 9), continued(7, 3, 4), continued(7, 3, 2, 2), continued(20, 5, 1, 1)],
  ...[continued(20, 5, 3, 0, 1), continued(30, 9, ...Array(11).fill(2)), continued(30, 9, ...Array(11).fill(5))],
];

test.each([
  ["apart", 1, apart],
  ["apart", 128, apart],
  ["with shared prefixes", 1, together],
  ["with shared prefixes", 128, together],
  ["of both kinds", 64, [...apart, ...together]],
])("match the logits, %s, in batches of %i tokens", async (_, tokens, sequences) => {
  using scorer = await Scorer.open(device, model, weights, { tokens });
  const scores = await scorer.score(sequences);
  expect(scores).toHaveLength(sequences.length);
  for (const [i, one] of sequences.entries()) {
    const { logs, likeliest } = await oracle(one);
    const score = scores[i];
    expect(score?.logLikelihoods).toHaveLength(one.scored);
    for (const [at, log] of logs.entries()) expect(score?.logLikelihoods[at]).toBeCloseTo(log, 4);
    expect(score?.likeliest.map(([best]) => best?.id)).toEqual(likeliest);
    for (const { logLikelihood } of score?.likeliest.flat() ?? []) expect(logLikelihood).toBeGreaterThan(-Math.log(17));
    expect(score?.greedy).toBe(one.ids.slice(-one.scored).every((id, at) => id === likeliest[at]));
  }
});

test("the likeliest continuation is greedy, another is not", async () => {
  using scorer = await Scorer.open(device, model, weights);
  const start = sequence(6, 1);
  const { likeliest } = await oracle(start);
  const ids = (last: number) => [...start.ids.slice(0, -1), last];
  const best = likeliest[0] as number;
  const [yes, no] = await scorer.score([best, (best + 1) % sizes.vocab].map((last) => ({ ids: ids(last), scored: 1 })));
  expect([yes?.greedy, no?.greedy]).toEqual([true, false]);
});

test("known scores are not computed again, and the others are unchanged to the bit", async () => {
  using scorer = await Scorer.open(device, model, weights, { tokens: 64 });
  const sequences = [...apart, ...together];
  const seen: number[] = [];
  const all = await scorer.score(sequences, { onScored: (scores) => void seen.push(...scores.keys()) });
  expect(seen.sort((a, b) => a - b)).toEqual(sequences.map((_, i) => i));
  const known = new Map<number, Score>();
  let batches = 0;
  const stop = scorer.score(sequences, {
    onScored: (scores) => {
      for (const [index, score] of scores) known.set(index, score);
      if (++batches === 2) throw new Error("enough");
    },
  });
  await expect(stop).rejects.toThrow("enough");
  const again: number[] = [];
  const rest = await scorer.score(sequences, { known, onScored: (scores) => void again.push(...scores.keys()) });
  expect(rest).toEqual(all);
  expect(again.filter((index) => known.has(index))).toEqual([]);
  expect(again.length + known.size).toBe(sequences.length);
});

test("a sequence beyond the context length is refused", async () => {
  using scorer = await Scorer.open(device, model, weights);
  await expect(scorer.score([sequence(42, 1)])).rejects.toMatchObject({ code: "E_CONTEXT" });
});

test("the mean loss matches the scores, with equal weight for each batch", async () => {
  const windows = [sequence(8, 7, 3), sequence(8, 7, 5), sequence(8, 7, 9)];
  using loss = await device.compile(lossGraph(model, { batch: 1, context: 7 }));
  const batches = windows.map(({ ids }) => hostTensor("i32", [1, 8], ids));
  const seen: number[] = [];
  const value = await meanLoss(loss, weights, batches, (index) => seen.push(index));
  using scorer = await Scorer.open(device, model, weights);
  const scores = await scorer.score(windows);
  const expected = -scores.reduce((sum, { logLikelihood }) => sum + logLikelihood, 0) / (3 * 7);
  expect(value).toBeCloseTo(expected, 5);
  expect(seen).toEqual([0, 1, 2]);
  await expect(meanLoss(loss, weights, [])).rejects.toMatchObject({ code: "E_BATCH" });
});
