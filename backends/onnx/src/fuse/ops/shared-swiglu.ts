// sharedSwiglu: swiglu in the parts that its gradient reads too.
import { composites, defineComposite, drawn, swiglu } from "@cambium/ir";

/** As `swiglu`, which alone takes one pass less. */
export const sharedSwiglu = defineComposite({
  name: "onnx.sharedSwiglu",
  inputs: ["gate", "up"],
  infer: (types) => composites.swiglu.op.infer(types, {}),
  decompose: ([gate, up]) => swiglu(gate, up),
  samples: [{ inputs: [drawn("f32", [3, 4]), drawn("f32", [3, 4])] }],
});
