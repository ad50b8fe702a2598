"""Maps Llama's parameter names between Hugging Face and torchtitan, and reorders rows of q and k."""

import re

OUTER = {
    "model.embed_tokens.weight": "tok_embeddings.weight",
    "model.norm.weight": "norm.weight",
    "lm_head.weight": "lm_head.weight",
}
LAYER = {
    "self_attn.q_proj.weight": "attention.qkv_linear.wq.weight",
    "self_attn.k_proj.weight": "attention.qkv_linear.wk.weight",
    "self_attn.v_proj.weight": "attention.qkv_linear.wv.weight",
    "self_attn.o_proj.weight": "attention.wo.weight",
    "mlp.gate_proj.weight": "feed_forward.w1.weight",
    "mlp.up_proj.weight": "feed_forward.w3.weight",
    "mlp.down_proj.weight": "feed_forward.w2.weight",
    "input_layernorm.weight": "attention_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
}


def titan_name(name):
    if name in OUTER:
        return OUTER[name]
    layer, rest = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", name).groups()
    return f"layers.{layer}.{LAYER[rest]}"


def heads_of(name, config):
    """The number of heads whose rows have another order in torchtitan; 0 for a tensor that is the same in both."""
    heads = config["num_attention_heads"]
    if name.endswith("q_proj.weight"):
        return heads
    return config.get("num_key_value_heads", heads) if name.endswith("k_proj.weight") else 0


def to_titan(tensor, heads):
    """Hugging Face's RoPE rotates row i of a head with row i + d/2, torchtitan's row 2i with row 2i + 1."""
    if heads == 0:
        return tensor
    half = tensor.shape[0] // heads // 2
    return tensor.unflatten(0, (heads, 2, half)).transpose(1, 2).flatten(0, 2).contiguous()


def from_titan(tensor, heads):
    if heads == 0:
        return tensor
    half = tensor.shape[0] // heads // 2
    return tensor.unflatten(0, (heads, half, 2)).transpose(1, 2).flatten(0, 2).contiguous()
