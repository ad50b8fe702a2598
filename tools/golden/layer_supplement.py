"""Rules that cannot be read from a class's defaults or its modelling code, by model type.

A key replaces the entry's own; None takes it away. Each line was read in the sources of transformers 5.23.
"""

MTP = {"because": "its lists have further entries for the blocks behind the last layer"}

# Done whenever weights are loaded, although meant for newly drawn weights.
RESCALED = {
    "because": "transformers divides what its layers add by the root of their number",
    "unless": {"zero": {"rescale_prenorm_residual": False}},
}

SUPPLEMENT = {
    # The layers with attention are listed by number.
    "bamba": {"lists": None, "aliases": None, "fixed": None, "numbers": {"attn_layer_indices": None}},
    "lfm2": {"numbers": {"full_attn_idxs": None}},
    "lfm2_moe": {"numbers": {"full_attn_idxs": None}},
    # Two rules of the form i % period == offset.
    "jamba": {
        "lists": None,
        "fixed": None,
        "modulo": {
            "attn_layer_period": {"period": 8, "offsetField": "attn_layer_offset", "offset": 4},
            "expert_layer_period": {"period": 2, "offsetField": "expert_layer_offset", "offset": 1},
        },
    },
    # A pattern that is repeated and cut to the number of layers.
    "recurrent_gemma": {
        "lists": None,
        "aliases": None,
        "fixed": None,
        "cyclic": {"block_types": ["recurrent", "recurrent", "attention"]},
    },
    "llama4_text": {
        "numbers": {
            "moe_layers": {
                "kind": "every",
                "period": "interleave_moe_layer_step",
                "default": 1,
                "at": "end",
                "hit": True,
                "miss": False,
            }
        }
    },
    # The layer whose keys and values each uses.
    "mistral_large4_text": {"itself": {"kv_source_layers": None}},
    # What the class reads where layer_types is silent; its code's other numbers are of a vision tower and a cache.
    "inkling_text": {"fixed": None, "numbers": {"local_layer_ids": None}},
    # By default those are all layers.
    "molmo2_text": {"numbers": {"rope_scaling_layers": None}},
    # A letter for each layer, in the hub's spelling.
    "nemotron_h": {"patterns": {"hybrid_override_pattern": "layers_block_type"}},
    # The hub's spelling counts layers from 1.
    "kimi_linear": {
        "numbersFromOne": {"linear_attn_config.kda_layers": None, "linear_attn_config.full_attn_layers": None},
        "lists": {
            "layer_types": {"kind": "follows", "of": "linear_attn_config"},
            "mlp_layer_types": {
                "kind": "first",
                "count": "first_k_dense_replace",
                "default": 1,
                "first": "dense",
                "rest": "sparse",
            },
        },
    },
    "deepseek_v4": {
        "lists": {
            "compress_ratios": {"kind": "same"},
            "layer_types": {"kind": "follows", "of": "compress_ratios"},
            "mlp_layer_types": {
                "kind": "first",
                "count": "num_hash_layers",
                "default": 3,
                "first": "hash_moe",
                "rest": "moe",
            },
        }
    },
    "qwen4_exp_text": {
        "fixed": [{"because": "its tables per layer are found by number", "unless": {"zero": {"ple_layer_ids": 0}}}]
    },
    "gemma3n_text": {
        "fixed": [
            {
                "because": "a table of every layer's own inputs is as wide as the layers are many",
                "unless": {"zero": {"hidden_size_per_layer_input": 256}},
            },
            {
                "because": "its last layers share the keys and values of earlier ones",
                "unless": {"zero": {"num_kv_shared_layers": 15}},
            },
        ]
    },
    "step3p5": {"fixed": [{**MTP, "unless": {"zero": {"num_nextn_predict_layers": 0}}}]},
    "mamba": {"fixed": [RESCALED]},
    "mamba2": {"fixed": [RESCALED]},
    "falcon_mamba": {"fixed": [RESCALED]},
    "minimax": {"fixed": [{"because": "the decay of its linear attention follows from the layer's number"}]},
}
