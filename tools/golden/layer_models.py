"""Small random models of the decoder classes of transformers, each layer different from the others."""

import torch

LAYERS = 5

# Sizes by field name, for every class that has the field.
SMALL = dict(
    vocab_size=64, hidden_size=32, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
    max_position_embeddings=128, sliding_window=4, attention_chunk_size=4, num_experts=4, num_local_experts=4,
    n_routed_experts=4, num_experts_per_tok=2, moe_topk=2, moe_num_experts=4, moe_k=2, moe_intermediate_size=16,
    shared_expert_intermediate_size=16, moe_num_shared_experts=1, n_shared_experts=1, num_shared_experts=1,
    kv_lora_rank=8, q_lora_rank=16, qk_nope_head_dim=8, qk_rope_head_dim=8, v_head_dim=8, qk_head_dim=16,
    n_group=1, topk_group=1, index_n_heads=2, index_head_dim=16, index_topk=4,
    linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8,
    mamba_d_state=8, mamba_n_heads=8, mamba_d_head=8, mamba_n_groups=1, mamba_d_conv=4, mamba_dt_rank=4,
    mamba_num_heads=4, mamba_head_dim=8, ssm_state_size=8, state_size=8, n_groups=2, num_heads=4, time_step_rank=4,
    d_model=32, n_embd=32, n_head=4, ffn_dim=48, lru_width=32, global_head_dim=8, hidden_size_per_layer_input=0,
    num_kv_shared_layers=0, altup_num_inputs=2, laurel_rank=4, vocab_size_per_layer_input=64,
    num_global_key_value_heads=2, encoder_attention_heads=4, decoder_attention_heads=4, attention_heads=4,
    encoder_ffn_dim=48, decoder_ffn_dim=48, encoder_layers=LAYERS, decoder_layers=LAYERS, expert_ffn_hidden_size=16, ffn_hidden_size=48,
    zero_expert_num=1, first_k_dense_replace=2, num_dense_layers=2, max_window_layers=3, chunk_size=8,
    embedding_size=32, rotary_dim=8, max_seq_len=64, layerdrop=0.0, hidden_dropout=0.0, attention_dropout=0.0,
    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    dropout=0.0, activation_dropout=0.0, classifier_dropout=0.0, use_cache=False, pad_token_id=0, bos_token_id=1,
    eos_token_id=2, num_mem_blocks=1, num_nextn_predict_layers=0, swiglu_limit=None, moe_num_shared_expert=1,
    dense_intermediate_size=48, shared_intermediate_size=16, moe_shared_expert_intermediate_size=16,
)

# Extra fields for single types, which may also override LAYERS.
OWN = {
    "jamba": dict(attn_layer_period=3, attn_layer_offset=1, use_mamba_kernels=False),
    "bamba": dict(attn_layer_indices=[1, 3]),
    "nemotron_h": dict(layers_block_type=["linear_attention", "full_attention", "mlp", "linear_attention", "full_attention"]),
    "qwen2_moe": dict(decoder_sparse_step=2, mlp_only_layers=[3]),
    "qwen3_moe": dict(decoder_sparse_step=2),
    "qwen3_next": dict(decoder_sparse_step=1, mlp_only_layers=[0], full_attention_interval=3),
    "flint": dict(mlp_only_layers=[0]),
    "mllama": None,
    "ernie4_5_moe": dict(moe_layer_start_index=1, moe_layer_end_index=3),
    "lfm2_moe": dict(layer_types=["conv", "full_attention", "conv", "full_attention", "conv"]),
    "lfm2": dict(layer_types=["conv", "full_attention", "conv", "full_attention", "conv"]),
    "granitemoehybrid": dict(layer_types=["linear_attention", "full_attention", "linear_attention", "full_attention", "linear_attention"]),
    "llama4_text": dict(no_rope_layer_interval=2, interleave_moe_layer_step=2, intermediate_size_mlp=48),
    "smollm3": dict(no_rope_layer_interval=2),
    "gemma3n_text": dict(activation_sparsity_pattern=[0.0] * LAYERS),
    "gpt_neo": None,
    "falcon_h1": dict(mamba_d_ssm=64, mamba_n_heads=8, mamba_d_head=8),
    "zaya": dict(num_experts_per_tok=1),
    "mamba2": dict(num_heads=8, head_dim=8, expand=2),
    "phi3": dict(original_max_position_embeddings=128),
    "qwen2": dict(use_sliding_window=True, sliding_window=4, max_window_layers=2),
    "qwen3": dict(use_sliding_window=True, sliding_window=4, max_window_layers=2),
    "minicpm3": dict(scale_depth=1.4),
    "cohere2": dict(sliding_window_pattern=3),
    "exaone4": dict(sliding_window_pattern=3),
    "exaone_moe": dict(sliding_window_pattern=3),
    "gemma3_text": dict(sliding_window_pattern=3),
    "afmoe": dict(global_attn_every_n_layers=3),
    "kimi_linear": dict(linear_head_dim=8, linear_num_heads=4),
}


def config_of(cls, name, layers=LAYERS):
    """A small config of a class. @raises what the class raises"""
    fields = {**SMALL, "num_hidden_layers": layers, **(OWN.get(name) or {})}
    own = set(dir(cls)) | set(getattr(cls, "attribute_map", None) or {})
    kept = {key: value for key, value in fields.items() if key in own or key in (OWN.get(name) or {})}
    if hasattr(cls, "kv_lora_rank"):
        kept["num_key_value_heads"] = 4
    return attempt(cls, kept)


def attempt(cls, fields):
    """Drops fields, one at a time, that the class will not take."""
    for _ in range(12):
        try:
            return cls(**fields)
        except Exception as error:
            text = str(error)
            bad = next((key for key in fields if f"'{key}'" in text or f"`{key}`" in text), None)
            if bad is None or bad == "num_hidden_layers":
                raise
            fields = {key: value for key, value in fields.items() if key != bad}
    raise ValueError("no small config was found")


def spread(model):
    """Draws weights so that every layer does something of its own."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dtype.is_floating_point:
                if parameter.dim() >= 2:
                    parameter.normal_(0, 0.2)
                else:
                    parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def stack_of(model):
    """The module and the name of the list in which a model keeps its decoder's layers."""
    found = [
        (module, name)
        for module in model.modules()
        for name, child in module.named_children()
        if name in ("layers", "layer", "h", "blocks") and isinstance(child, torch.nn.ModuleList)
    ]
    count = model.config.get_text_config().num_hidden_layers
    return next(((module, name) for module, name in found if len(getattr(module, name)) == count), (None, None))
