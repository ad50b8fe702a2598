// Sampling compared with probabilities computed by hand.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleToken } from "../src/index.js";

// Probabilities .125, .5, .25, .125 at temperature 1.
const logits = [1, 3, 2, 1].map((x) => x * Math.LN2);

/** The share of each token over evenly spaced draws. */
function shares(sampling: Parameters<typeof sampleToken>[1]): number[] {
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < 4800; i++) {
    const id = sampleToken(logits, sampling, (i + 0.5) / 4800);
    counts[id] = (counts[id] as number) + 1;
  }
  return counts.map((count) => count / 4800);
}

describe("sampleToken", () => {
  it.each([
    [{ temperature: 1 }, [1 / 8, 1 / 2, 1 / 4, 1 / 8]],
    [{ temperature: 0 }, [0, 1, 0, 0]],
    [{ temperature: 0.5 }, [1 / 22, 16 / 22, 4 / 22, 1 / 22]],
    [{ temperature: 1, topK: 2 }, [0, 2 / 3, 1 / 3, 0]],
    [{ temperature: 1, topK: 3 }, [1 / 7, 4 / 7, 2 / 7, 0]],
    [{ temperature: 1, topP: 0.4 }, [0, 1, 0, 0]],
    [{ temperature: 1, topP: 0.6 }, [0, 2 / 3, 1 / 3, 0]],
    [{ temperature: 1, topK: 2, topP: 0.6 }, [0, 1, 0, 0]],
    [{ temperature: 1, topK: 99, topP: 1 }, [1 / 8, 1 / 2, 1 / 4, 1 / 8]],
    [{ temperature: 1e-9 }, [0, 1, 0, 0]],
  ])("has the probabilities of %j", (sampling, expected) => {
    // Evenly spaced draws miss a share by at most one draw per token boundary.
    for (const [id, share] of shares(sampling).entries()) {
      expect(Math.abs(share - (expected[id] as number))).toBeLessThan(2 / 4800);
    }
  });

  it("takes the lower id at a tie", () => {
    expect(sampleToken([1, 5, 5], { temperature: 0 }, 0)).toBe(1);
    expect(sampleToken([5, 5, 5], { temperature: 1, topK: 1 }, 0.99)).toBe(0);
  });

  it("picks a token of the vocabulary for any finite logits, and never a masked one", () => {
    const scores = fc.array(
      fc.oneof(fc.double({ noNaN: true, min: -1e30, max: 1e30 }), fc.constant(Number.NEGATIVE_INFINITY)),
      { minLength: 1 },
    );
    const below1 = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const topP = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(scores, below1, topP, fc.integer({ min: 1, max: 9 }), (values, draw, p, k) => {
        fc.pre(values.some((x) => x > Number.NEGATIVE_INFINITY));
        const id = sampleToken(values, { temperature: 0.7, topK: k, topP: p }, draw);
        expect(values[id]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses a logit of %d", (bad) => {
    expect(() => sampleToken([0, bad], { temperature: 0 }, 0)).toThrow(
      expect.objectContaining({ code: "E_NOT_FINITE" }),
    );
  });
});
