// The forward pass shared by every graph: parameters as inputs, the layer stack, the final norm. The residual stream is
// [rows, hidden] with rows = batch · time, so that every projection and its gradient is one plain matrix product.
import { add, gather, matmul, mul, rmsNorm, sub, swiglu, type Tensor } from "@cambium/ir";
import type { LlamaConfig } from "../config.js";
import {
  embeddingName,
  finalNormName,
  type LayerParameter,
  layerParameterName,
  outputProjectionName,
} from "../parameters.js";
import type { Weights } from "./masked-weights.js";

/** Heads side by side: `q` [rows, heads · headDim], `k` and `v` [rows, kvHeads · headDim] → [rows, heads · headDim]. */
export type Attend = (q: Tensor, k: Tensor, v: Tensor, layer: number) => Tensor;

/**
 * `ids` i32 [rows] → the normed residual stream [rows, hidden] after the last layer, and the output projection
 * [vocab, hidden] to multiply it by. `attend` is what differs between training and decoding.
 */
export function hiddenStates(
  config: LlamaConfig,
  { parameter, channels, layer: maskOf }: Weights,
  ids: Tensor,
  attend: Attend,
): { readonly hidden: Tensor; readonly projection: Tensor } {
  const { builder } = ids;
  const norm = (x: Tensor, name: string) => {
    const open = channels(name);
    return rmsNorm(open ? mul(x, open) : x, parameter(name), { eps: config.rmsNormEps })[0];
  };
  let stream = builder.scope("embedding", () => gather(parameter(embeddingName), ids));
  for (let layer = 0; layer < config.layers; layer++) {
    const project = (x: Tensor, name: LayerParameter) =>
      matmul(x, parameter(layerParameterName(layer, name)), { transB: true });
    const input = stream;
    const attended = builder.scope(`layers.${layer}.attention`, () => {
      const x = norm(input, layerParameterName(layer, "input_layernorm"));
      const [q, k, v] = [
        project(x, "self_attn.q_proj"),
        project(x, "self_attn.k_proj"),
        project(x, "self_attn.v_proj"),
      ];
      return add(input, project(attend(q, k, v, layer), "self_attn.o_proj"));
    });
    stream = builder.scope(`layers.${layer}.mlp`, () => {
      const x = norm(attended, layerParameterName(layer, "post_attention_layernorm"));
      const output = project(swiglu(project(x, "mlp.gate_proj"), project(x, "mlp.up_proj")), "mlp.down_proj");
      const whole = add(attended, output);
      const mask = maskOf(layer);
      return mask ? add(mul(whole, mask), mul(input, sub(1, mask))) : whole;
    });
  }
  const hidden = builder.scope("head", () => norm(stream, finalNormName));
  return { hidden, projection: parameter(outputProjectionName(config)) };
}
