// linear: a straight line from the end of the warm-up to the total.
import { along, defineSchedule, noOptions } from "./define.js";

export const linear = defineSchedule({
  name: "linear",
  summary: "falls in a straight line",
  options: noOptions,
  ends: true,
  fallen:
    ({ warmup, total }) =>
    (tokens) =>
      along(tokens, warmup, total),
});
