// The growth-timing equation on the paper's Table 4, and its validity check.
import { describe, expect, it } from "vitest";
import { growthTiming } from "../src/index.js";

describe("growthTiming", () => {
  it.each([
    ["Llama3-8B", 8e9, 15e12, 6.58],
    ["Llama2-7B", 7e9, 2e12, 11.11],
    ["Llama2-13B", 13e9, 2e12, 15.84],
    ["Llama2-70B", 70e9, 2e12, 42.48],
  ])("gives the paper's d for %s", (_, parameters, tokens, billions) => {
    const timing = growthTiming({ parameters, tokens });
    expect(timing.value / 1e9).toBeCloseTo(billions, 2);
    expect(timing.valid).toBe(true);
    expect(growthTiming({ parameters, flops: 6 * parameters * tokens })).toEqual(timing);
  });

  it("is invalid for a small model and budget, gives every reason and suggests a tenth", () => {
    const timing = growthTiming({ parameters: 10e6, tokens: 0.2e9 });
    expect(timing.value / 1e9).toBeCloseTo(37.5, 1);
    expect(timing).toMatchObject({ valid: false, suggestion: 0.02e9 });
    expect((timing as { reason: string }).reason.split("; ")).toHaveLength(4);
  });

  it("is invalid if it asks for more than a fifth of the run's tokens", () => {
    const timing = growthTiming({ parameters: 410e6, tokens: 8.2e9 });
    expect(timing.value / 1e9).toBeCloseTo(19.8, 1);
    expect(timing.valid).toBe(false);
  });

  it("counts the base's cost by the growth factor", () => {
    const input = {
      parameters: 1.1e9,
      tokens: 100e9,
      coefficients: { logParameters: 0, inverseLogFlops: 0, constant: 10.2 },
    };
    expect(growthTiming({ ...input, factor: 4 })).toMatchObject({ valid: true });
    expect(growthTiming({ ...input, factor: 1.5 })).toMatchObject({
      valid: false,
      reason: expect.stringMatching(/^the base would cost 10\.6 % of/),
    });
  });

  it("applies the paper's limits on N and C only to the paper's coefficients", () => {
    const coefficients = { logParameters: 0, inverseLogFlops: 0, constant: 6 };
    expect(growthTiming({ parameters: 10e6, tokens: 0.2e9, coefficients })).toEqual({ value: 1e6, valid: true });
  });

  it.each([
    [{ parameters: 1e9 }],
    [{ parameters: 1e9, tokens: 1e9, flops: 1e20 }],
    [{ parameters: -1, tokens: 1e9 }],
    [{ parameters: 1e9, tokens: Number.NaN }],
    [{ parameters: 1e9, tokens: 1e9, factor: 0 }],
  ])("refuses %j", (input) => {
    expect(() => growthTiming(input)).toThrow(expect.objectContaining({ code: "E_SCALING_INPUT" }));
  });
});
