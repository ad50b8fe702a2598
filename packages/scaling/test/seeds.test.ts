// Statistics over seeds, compared with textbook values and checked against chance.
import { Random } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import { pairedDifference, seedStatistics } from "../src/index.js";

describe("seeds", () => {
  it("give mean, deviation and Student's interval", () => {
    // Of 1, 2, 3, 4: mean 2.5, deviation √(5/3), t(3) = 3.18244630528.
    const { mean, deviation, interval } = seedStatistics([1, 2, 3, 4]);
    expect([mean, deviation]).toEqual([2.5, expect.closeTo(Math.sqrt(5 / 3), 12)]);
    expect(interval?.[1]).toBeCloseTo(2.5 + (3.18244630528 * Math.sqrt(5 / 3)) / 2, 9);
    expect(seedStatistics([7])).toEqual({ count: 1, mean: 7, deviation: null, interval: null });
    expect(pairedDifference([[2, 1]]).differs).toBeNull();
  });

  it("report a false difference in 5 % of draws, with few pairs and with many", () => {
    const noise = new Random("pairs");
    for (const count of [3, 40]) {
      let wrong = 0;
      for (let draw = 0; draw < 2000; draw++) {
        const pairs = Array.from({ length: count }, (_, i): [number, number] => {
          const shared = 5 * noise.normal(3 * (draw * count + i));
          return [shared + noise.normal(3 * (draw * count + i) + 1), shared + noise.normal(3 * (draw * count + i) + 2)];
        });
        if (pairedDifference(pairs).differs) wrong++;
      }
      // 100 are expected, with a standard deviation of 10.
      expect(wrong).toBeGreaterThan(60);
      expect(wrong).toBeLessThan(140);
    }
  });
});
