// neg: −x.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { elementwise } from "./shared/elementwise.js";

export const neg = definePrimitive({
  name: "neg",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32", "i32"),
  vjp: ({ grads: [grad] }): Gradients => [grad ? neg(grad) : null],
  evaluate: ([x]) => x.data.map((v) => -v),
  samples: [
    { inputs: [drawn("f32", [2, 3])] },
    { inputs: [drawn("f32", [])] },
    { inputs: [drawn("i32", [4], [-5, 5])] },
  ],
});
