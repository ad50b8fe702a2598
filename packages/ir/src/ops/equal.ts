// equal: a = b, broadcasting.
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const equal = definePrimitive({
  name: "equal",
  inputs: ["a", "b"],
  infer: (types) => ({ dtype: "bool", shape: elementwise(types, "f32", "i32").shape }),
  evaluate: (inputs) => mapElements(inputs, (a = 0, b = 0) => (a === b ? 1 : 0)),
  samples: [
    { inputs: [drawn("i32", [2, 3]), drawn("i32", [3])] },
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [2, 1])] },
    { inputs: [drawn("i32", [2, 1]), drawn("i32", [1, 5])] },
  ],
});
