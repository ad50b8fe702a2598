// constant: the peak, for as long as it takes.
import { defineSchedule, noOptions } from "./define.js";

export const constant = defineSchedule({
  name: "constant",
  summary: "the rate stays",
  options: noOptions,
  ends: false,
  fallen: () => () => 0,
});
