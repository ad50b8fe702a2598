// Which tensors of an unknown decoder write to the residual stream, by the names that most decoders use.
import type { ParameterSpec } from "../parameters.js";

/** Projections whose output is added to the stream. */
const writer =
  /(^|\.)(o_proj|out_proj|down_proj|dense_4h_to_h|attention\.dense|self_attn\.dense|attn\.c_proj|mlp\.c_proj|fc2|wo|w2)$/;
/** Projections that read the stream or values within the layer. */
const reader =
  /(^|\.)(q_proj|k_proj|v_proj|qkv_proj|query_key_value|c_attn|W_pack|wq|wk|wv|q_a_proj|q_b_proj|kv_a_proj_with_mqa|kv_b_proj|gate_proj|up_proj|gate_up_proj|dense_h_to_4h|c_fc|fc1|w1|w3|gate|router|shared_expert_gate|gate\.wg|in_proj|in_proj_\w+|conv1d|conv\.conv|dt_proj|x_proj)$/;
/** What is neither weight nor bias by its name, and does not reach the stream: it scales within, or chooses experts. */
const inner = /(^|\.)(sinks|A_log|D|dt_bias|e_score_correction_bias|expert_bias)$/;
/** Matrices of all experts in one tensor. */
const fused = /^(?<module>.*\bexperts\.(?:down_proj|gate_up_proj))(?<bias>_bias)?$/;
/** Buffers in older files. They are not weights, so they do not matter here. */
const buffer = /(^|\.)(inv_freq|masked_bias|attn\.bias|attention\.bias|rotary_emb\.\w+)$/;
const inMlp = /(^|\.)(mlp|feed_forward|ffn|experts|block_sparse_moe|fc2|dense_4h_to_h)(\.|$)/;

/**
 * Names of the tensors that write to the stream, in layers where that is certain: every matrix has a known name, and
 * both attention and MLP have a writer. If a writer's weight and bias are zero, so is its output.
 */
export function streamWriters(specs: readonly ParameterSpec[]): ReadonlySet<string> {
  const layers = new Map<number, ParameterSpec[]>();
  for (const spec of specs) {
    if (spec.layer !== undefined) layers.set(spec.layer, [...(layers.get(spec.layer) ?? []), spec]);
  }
  const found = new Set<string>();
  for (const tensors of layers.values()) {
    const all = new Set(tensors.map(({ part = "" }) => part));
    const parts = tensors
      .filter(({ part = "" }) => !buffer.test(part) && !inner.test(part))
      .map(({ name, part = "", shape }) => {
        const whole = fused.exec(part)?.groups;
        const [, named, suffix] = /^(.*)\.(weight|bias)$/.exec(part) ?? [];
        const module = whole?.module ?? named;
        const role = writer.test(module ?? "") ? "writes" : reader.test(module ?? "") ? "reads" : "other";
        // A bias without a matrix may be added to the stream itself.
        const alone = suffix === "bias" && !all.has(`${named}.weight`);
        return {
          name,
          module: module ?? "",
          role,
          known: module !== undefined && !alone && (role !== "other" || shape.length < 2),
        };
      });
    const writers = parts.filter(({ role }) => role === "writes");
    const sides = new Set(writers.map(({ module }) => inMlp.test(module)));
    if (parts.every(({ known }) => known) && sides.size === 2) for (const { name } of writers) found.add(name);
  }
  return found;
}
