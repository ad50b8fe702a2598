// swiglu: silu(gate) · up, the gate of a Llama MLP (Shazeer 2020, "GLU Variants Improve Transformer").
import { formatType, sameType, type TensorType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients, Tensor } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { mul } from "../ops/mul.js";
import { requireDType } from "../ops/shared/elementwise.js";
import { wide, widen } from "../ops/shared/half.js";
import { sigmoid } from "../ops/sigmoid.js";
import { sub } from "../ops/sub.js";
import { drawn } from "../sample.js";

/** The f32 type that all inputs count as, whatever dtype each is stored in. */
function alike(given: readonly TensorType[]): TensorType {
  const types = given.map(wide);
  const first = types[0] as TensorType;
  requireDType(types, "f32");
  if (types.every((type) => sameType(type, first))) return first;
  throw new CambiumError("E_SHAPE", "inputs must have one shape", { got: types.map(formatType).join(", ") });
}

/** `gate`, `up` f32 of one shape → gate · sigmoid(gate) · up. They may be stored in half precision. */
export const swiglu = defineComposite({
  name: "swiglu",
  inputs: ["gate", "up"],
  stored: ["gate", "up"],
  infer: alike,
  decompose: (inputs) => {
    const [gate, up] = inputs.map(widen) as [Tensor, Tensor];
    return mul(mul(gate, sigmoid(gate)), up);
  },
  vjp: ({ inputs: [gate, up], grads: [grad] }): Gradients => (grad ? swigluGrad(gate, up, grad) : [null, null]),
  samples: [
    { inputs: [drawn("f32", [3, 4]), drawn("f32", [3, 4])] },
    { inputs: [drawn("f32", [2, 2, 3]), drawn("f32", [2, 2, 3])] },
    { inputs: [drawn("f16", [3, 4]), drawn("f16", [3, 4])] },
  ],
});

/** Cotangents, f32, of `gate` and `up` from that of the product. */
export const swigluGrad = defineComposite({
  name: "swigluGrad",
  inputs: ["gate", "up", "grad"],
  outputs: ["gateGrad", "upGrad"],
  stored: ["gate", "up", "grad"],
  infer: (types) => [alike(types), alike(types)],
  decompose: (inputs) => {
    const [gate, up, grad] = inputs.map(widen) as [Tensor, Tensor, Tensor];
    const s = sigmoid(gate);
    const slope = mul(s, add(1, mul(gate, sub(1, s))));
    return [mul(grad, mul(up, slope)), mul(grad, mul(gate, s))];
  },
  samples: [
    { inputs: [drawn("f32", [3, 4]), drawn("f32", [3, 4]), drawn("f32", [3, 4])] },
    { inputs: [drawn("f16", [3, 4]), drawn("f16", [3, 4]), drawn("f32", [3, 4])] },
  ],
});
