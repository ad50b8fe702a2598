// recomputedSwiglu: swiglu made a second time, in the backward pass, so that it need not be kept from the first.
import { composites, defineComposite, drawn, swiglu } from "@cambium/ir";

/** As `swiglu`. A name of its own keeps it apart from the one of the forward pass. */
export const recomputedSwiglu = defineComposite({
  name: "onnx.recomputedSwiglu",
  inputs: ["gate", "up"],
  infer: (types) => composites.swiglu.op.infer(types, {}),
  decompose: ([gate, up]) => swiglu(gate, up),
  samples: [{ inputs: [drawn("f32", [3, 4]), drawn("f32", [3, 4])] }],
});
