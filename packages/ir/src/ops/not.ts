// not: logical negation.
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { elementwise } from "./shared/elementwise.js";

export const not = definePrimitive({
  name: "not",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "bool"),
  evaluate: ([x]) => x.data.map((v) => (v ? 0 : 1)),
  samples: [{ inputs: [drawn("bool", [2, 3])] }],
});
