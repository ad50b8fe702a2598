// and: logical conjunction, broadcasting.
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const and = definePrimitive({
  name: "and",
  inputs: ["a", "b"],
  infer: (types) => elementwise(types, "bool"),
  evaluate: (inputs) => mapElements(inputs, (a, b) => (a && b ? 1 : 0)),
  samples: [
    { inputs: [drawn("bool", [2, 3]), drawn("bool", [3])] },
    { inputs: [drawn("bool", [8]), drawn("bool", [8])] },
  ],
});
