// wsd: warm-up, stable, decay (Hu et al. 2024, "MiniCPM"): the peak, then a straight line down at the end.
import { z } from "zod";
import { quantityOrZero } from "../quantity.js";
import { along, defineSchedule, type Span } from "./define.js";

export const wsd = defineSchedule({
  name: "wsd",
  summary: "stays, and falls in a straight line at the end",
  options: z.strictObject({
    decay: quantityOrZero
      .optional()
      .describe("Tokens of the fall at the end. Default: a fifth of the schedule, or what the warm-up leaves of it."),
  }),
  ends: true,
  fallen: (span, { decay = defaultDecay(span) }) => {
    const start = span.total - decay;
    return (tokens) => along(tokens, start, span.total);
  },
  reasons: ({ warmup, total }, { decay = 0 }) => {
    const left = total - warmup;
    if (!(left >= 0) || decay <= left) return [];
    const expected = `at most ${left}, the tokens that the warm-up leaves`;
    return [{ where: "options.decay", message: "out of range", expected, got: String(decay) }];
  },
});

function defaultDecay({ warmup, total }: Span): number {
  return Math.min(total / 5, total - warmup);
}
