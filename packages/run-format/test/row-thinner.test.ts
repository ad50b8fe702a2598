// Thinning a stage's rows while reading: a short stage keeps all of them, a long one every spike that a report shows.
import type { MetricsRow } from "@cambium/train";
import { expect, test } from "vitest";
import { RowThinner } from "../src/node/row-thinner.js";

function row(step: number, change: Partial<MetricsRow> = {}): MetricsRow {
  const at = { tokens: step, flops: step, seconds: step, lr: 1e-3, tokensPerSecond: 1 };
  return { step, ...at, loss: 2 + Math.sin(step), gradNorm: 1 + Math.cos(step), ...change };
}

function thinned(most: number, rows: Iterable<MetricsRow>) {
  const thinner = new RowThinner(most);
  for (const one of rows) thinner.add(one);
  return thinner.thinned();
}

function* steps(count: number, special: Readonly<Record<number, Partial<MetricsRow>>> = {}): Generator<MetricsRow> {
  for (let step = 1; step <= count; step++) yield row(step, special[step]);
}

test.each([0, 1, 63, 64])("%i rows stay as they are", (count) => {
  const all = [...steps(count)];
  expect(thinned(64, all)).toEqual({ rows: all, counted: { rows: count, skipped: 0 } });
});

test.each([65, 1000, 20_011])("of %i rows a bounded number is kept, in order, with every spike", (count) => {
  const at = Math.floor(count / 3);
  const special = {
    [at]: { loss: 99 },
    [at + 1]: { gradNorm: 77, skipped: true },
    [at + 2]: { heldOutLoss: 0.5 },
    [at + 3]: { heldOutLoss: 1.5 },
    [at + 4]: { memoryBytes: 2 ** 40 },
    [at + 5]: { loss: Number.NaN },
  };
  const { rows, counted } = thinned(64, steps(count, special));
  expect(counted).toEqual({ rows: count, skipped: 1 });
  // Per stretch: first, last, last with a held-out loss, two extremes of each of six measurements; one NaN loss in all.
  expect(rows.length).toBeLessThanOrEqual(64 * 15 + 1);
  const numbers = rows.map(({ step }) => step);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect([numbers[0], numbers.at(-1)]).toEqual([1, count]);
  expect(numbers).toEqual(expect.arrayContaining([at, at + 1, at + 2, at + 3, at + 4, at + 5]));
});

test("a step that is written again counts once, as last written", () => {
  const { rows, counted } = thinned(8, [...steps(100), ...[row(41, { loss: 7 }), row(42), row(43)]]);
  expect(counted.rows).toBe(43);
  const again = rows.map(({ step }) => step).filter((step) => step >= 41);
  expect([again[0], again.at(-1)]).toEqual([41, 43]);
  expect(rows.find(({ step }) => step === 41)?.loss).toBe(7);
});
