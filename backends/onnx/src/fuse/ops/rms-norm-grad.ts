// rmsNormGradAdd: the gradient of rmsNorm's input plus the other gradient of that input, as in every residual block.
import { add, composites, defineComposite, drawn, rmsNormGrad } from "@cambium/ir";

/** `residual` of the shape of `x`; else as `rmsNormGrad`, with `xGrad` = residual + the gradient of x. */
export const rmsNormGradAdd = defineComposite({
  name: "onnx.rmsNormGradAdd",
  inputs: ["x", "weight", "inverseRms", "grad", "residual"],
  outputs: ["xGrad", "weightGrad"],
  infer: ([x, weight, inverseRms, grad]) => composites.rmsNormGrad.op.infer([x, weight, inverseRms, grad], {}),
  decompose: ([x, weight, inverseRms, grad, residual]) => {
    const [xGrad, weightGrad] = rmsNormGrad(x, weight, inverseRms, grad);
    return [add(residual, xGrad), weightGrad];
  },
  samples: [
    {
      inputs: [
        ...[drawn("f32", [3, 8]), drawn("f32", [8]), drawn("f32", [3, 1], [0.5, 2])],
        ...[drawn("f32", [3, 8]), drawn("f32", [3, 8])],
      ],
      gradient: false,
    },
  ],
});
