// The stream of training tokens: what it covers, that it continues, and that only seed and corpus decide it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { permuted } from "../src/batches/permutation.js";
import { batchAt, evaluationBatches, locate, tokensInMemory, tokensPerEpoch } from "../src/index.js";
import { error } from "./helpers.js";

/** Each token is its own position. */
const counting = (length: number) => tokensInMemory(Array.from({ length }, (_, i) => i));
const seed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe("the permutation", () => {
  test("is one, of any size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), seed, fc.nat(), (size, key, epoch) => {
        const places = Array.from({ length: size }, (_, i) => permuted(i, size, key, epoch));
        expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
      }),
    );
  });

  test("stays within very large sizes, without two alike", () => {
    const size = 2 ** 52 - 12345;
    const places = Array.from({ length: 1000 }, (_, i) => permuted(size - 1 - i, size, 7, 0));
    for (const place of places) expect(Number.isSafeInteger(place) && place >= 0 && place < size).toBe(true);
    expect(new Set(places).size).toBe(1000);
    // Uniform: the mean of 1000 is within 5 standard deviations, 5 / sqrt(12 · 1000), of the middle.
    const mean = places.reduce((sum, place) => sum + place / size, 0) / places.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12_000));
  });

  test.each([2, 3, 5, 8, 13])("of %i sends each number everywhere equally often", (size) => {
    const seeds = 4000;
    const counts = new Float64Array(size * size);
    for (let key = 0; key < seeds; key++) {
      for (let i = 0; i < size; i++) {
        const at = i * size + permuted(i, size, key, 0);
        counts[at] = (counts[at] as number) + 1;
      }
    }
    const expected = seeds / size;
    // Each count is binomial; 6 standard deviations leave none of 169 outside by chance.
    const margin = 6 * Math.sqrt(expected * (1 - 1 / size));
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(margin);
  });
});

describe("the stream", () => {
  const shape = fc.record({
    length: fc.integer({ min: 20, max: 400 }),
    context: fc.integer({ min: 1, max: 9 }),
    factor: fc.integer({ min: 1, max: 2 }),
    seed,
  });

  test("reads every block once an epoch, each window with the token after it", () => {
    fc.assert(
      fc.property(shape, fc.nat({ max: 5 }), ({ length, context, factor, seed: key }, epoch) => {
        const tokens = counting(length);
        const block = context * factor;
        const perEpoch = tokensPerEpoch(tokens, block);
        const rows = batchAt(tokens, {
          seed: key,
          tokenPosition: epoch * perEpoch,
          batch: perEpoch / context,
          context,
          block,
        });
        const inputs: number[] = [];
        for (let row = 0; row < perEpoch / context; row++) {
          const window = rows.subarray(row * (context + 1), (row + 1) * (context + 1));
          expect([...window]).toEqual(Array.from({ length: context + 1 }, (_, i) => (window[0] as number) + i));
          inputs.push(...window.subarray(0, context));
        }
        expect(inputs.sort((a, b) => a - b)).toEqual(Array.from({ length: perEpoch }, (_, i) => i));
        expect(length - 1 - perEpoch).toBeLessThan(block);
      }),
    );
  });

  test("is the same whatever the batches, and continues from any position", () => {
    const batches = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(shape, fc.nat({ max: 300 }), batches, ({ length, context, seed: key }, start, sizes) => {
        const tokens = counting(length);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const whole = batchAt(tokens, { seed: key, tokenPosition: start * context, batch: total, context });
        let position = start * context;
        const parts = sizes.flatMap((batch) => {
          const rows = batchAt(tokens, { seed: key, tokenPosition: position, batch, context });
          position += batch * context;
          return [...rows];
        });
        expect(parts).toEqual([...whole]);
      }),
    );
  });

  test("is the same token by token for every context that divides the block", () => {
    const read = (context: number) => {
      const rows = batchAt(counting(1000), { seed: 3, tokenPosition: 240, batch: 1200 / context, context, block: 24 });
      return Array.from(rows).filter((_, i) => i % (context + 1) !== context);
    };
    for (const context of [1, 2, 3, 4, 6, 8, 12]) expect(read(context)).toEqual(read(24));
  });

  test("differs by seed and by epoch", () => {
    const order = (key: number, epoch: number) =>
      Array.from(
        { length: 100 },
        (_, i) => locate(counting(401), { seed: key, context: 4 }, epoch * 400 + i * 4).block,
      );
    const orders = [order(0, 0), order(1, 0), order(2 ** 32, 0), order(0, 1), order(0, 2)];
    for (const [i, one] of orders.entries()) {
      for (const other of orders.slice(i + 1)) {
        // Two random orders of 100 agree in one place on average; more than 8 is less likely than 1 in 10^5.
        expect(one.filter((place, k) => place === other[k]).length).toBeLessThanOrEqual(8);
      }
    }
    expect(locate(counting(401), { seed: 0, context: 4 }, 804)).toMatchObject({ epoch: 2 });
  });

  test("is what it has always been", () => {
    // A change here breaks every unfinished run: it would continue with other data.
    const rows = batchAt(counting(1001), { seed: 1234, tokenPosition: 0, batch: 8, context: 10 });
    expect(Array.from(rows).filter((_, i) => i % 11 === 0)).toMatchInlineSnapshot(`
      [
        470,
        50,
        480,
        210,
        930,
        220,
        770,
        990,
      ]
    `);
  });

  test("writes into the memory it is given", () => {
    const into = new Int32Array(10);
    expect(batchAt(counting(50), { seed: 0, tokenPosition: 0, batch: 2, context: 4 }, into)).toBe(into);
    expect(error(() => batchAt(counting(50), { seed: 0, tokenPosition: 0, batch: 2, context: 5 }, into)).code).toBe(
      "E_BATCH",
    );
  });

  test("refuses an invalid batch, with every reason", () => {
    const request = { seed: -1, tokenPosition: 3, batch: 0, context: 4, block: 6 };
    const { code, details } = error(() => batchAt(counting(50), request));
    expect([code, details.reasons?.map((reason) => reason.where)]).toEqual([
      "E_BATCH",
      ["seed", "batch", "tokenPosition", "block"],
    ]);
  });

  test("refuses a corpus shorter than a window and its target", () => {
    const request = { seed: 0, tokenPosition: 0, batch: 1, context: 8 };
    expect(error(() => batchAt(counting(8), request)).code).toBe("E_CORPUS_SHORT");
    expect(error(() => batchAt(counting(0), request)).code).toBe("E_CORPUS_SHORT");
    expect([...batchAt(counting(9), request)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe("evaluation batches", () => {
  test("are the first windows in order", () => {
    const { count, tokens, at } = evaluationBatches(counting(50), { batch: 2, context: 4, windows: 7 });
    expect([count, tokens]).toEqual([3, 24]);
    expect([...at(0), ...at(2)]).toEqual([0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 16, 17, 18, 19, 20, 20, 21, 22, 23, 24]);
    expect(error(() => at(3)).code).toBe("E_TOKEN_RANGE");
  });

  test("are by default all that the text fills", () => {
    expect(evaluationBatches(counting(49), { batch: 3, context: 4 }).count).toBe(4);
    expect(evaluationBatches(counting(48), { batch: 3, context: 4 }).count).toBe(3);
  });

  test.each([
    [counting(8), { batch: 2, context: 4 }],
    [counting(0), { batch: 1, context: 4 }],
    [counting(90), { batch: 4, context: 4, windows: 3 }],
  ])("need one full batch", (tokens, request) => {
    expect(error(() => evaluationBatches(tokens, request)).code).toBe("E_EVALUATION_SHORT");
  });

  test("have sizes", () => {
    const { code, details } = error(() => evaluationBatches(counting(90), { batch: 0, context: 1.5, windows: -1 }));
    expect([code, details.reasons?.length]).toEqual(["E_BATCH", 3]);
  });
});
