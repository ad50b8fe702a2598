// cosine: half a cosine from the end of the warm-up to the total.
import { along, defineSchedule, noOptions } from "./define.js";

export const cosine = defineSchedule({
  name: "cosine",
  summary: "falls along half a cosine",
  options: noOptions,
  ends: true,
  fallen:
    ({ warmup, total }) =>
    (tokens) =>
      (1 - Math.cos(Math.PI * along(tokens, warmup, total))) / 2,
});
