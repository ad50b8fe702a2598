// recomputedSwiglu: swiglu computed again in the backward pass, so that its output need not be kept.
import { composites, defineComposite, drawn, swiglu } from "@cambium/ir";

/** As `swiglu`. A name of its own keeps it separate from the node of the forward pass. */
export const recomputedSwiglu = defineComposite({
  name: "onnx.recomputedSwiglu",
  inputs: ["gate", "up"],
  infer: (types) => composites.swiglu.op.infer(types, {}),
  decompose: ([gate, up]) => swiglu(gate, up),
  samples: [{ inputs: [drawn("f32", [3, 4]), drawn("f32", [3, 4])] }],
});
