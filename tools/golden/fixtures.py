"""The models of the golden fixtures: their shapes, weights and tokens, all from fixed seeds."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

TRACE_STEPS = 20

# The classes of each family.
FAMILIES = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
}


@dataclass(frozen=True)
class Fixture:
    """One directory under packages/model/test/golden."""

    name: str
    seed: int
    config: dict
    family: str = "llama"
    batch: int = 2
    context: int = 24
    # With 1.0, the usual value, every step of the trace is clipped; with a larger value only some are.
    clip_norm: float = 1.0
    generate: bool = False
    # Fields that config.v4.json leaves out or writes as older releases did; see v4_config.
    v4_drop: tuple[str, ...] = ()
    v4_old_rope_key: bool = False


def llama(hidden: int, intermediate: int, layers: int, heads: int, kv_heads: int, vocab: int, **more) -> dict:
    """Config arguments, spelt as Llama's. No end token unless asked for, so that greedy generation runs to its length."""
    ends = {"bos_token_id": None, "eos_token_id": None}
    return (
        ends
        | {
            "hidden_size": hidden,
            "intermediate_size": intermediate,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "vocab_size": vocab,
            "max_position_embeddings": 128,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        }
        | more
    )


# Scaled so that head_dim 16 has wavelengths in all three bands of the rule: kept, blended and divided.
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LINEAR_ROPE = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}

# Seeds of models that generate were chosen so that the greedy continuation never comes close to a tie.
FIXTURES = [
    Fixture(
        "mha-untied",
        28,
        llama(32, 44, 3, 4, 4, 64, rms_norm_eps=1e-5),
        generate=True,
        v4_drop=("num_key_value_heads",),
    ),
    Fixture(
        "gqa-tied",
        94,
        # Groups of three, so that repeating a key head and tiling it differ; the customary end token stays.
        llama(48, 64, 2, 6, 2, 96, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2),
        clip_norm=8.0,
        generate=True,
    ),
    # An epsilon large enough to be seen when it is not the one in the file.
    Fixture("odd", 3, llama(72, 100, 2, 3, 3, 259, tie_word_embeddings=True, rms_norm_eps=1e-2), batch=3, context=17),
    Fixture("rope-llama3", 4, llama(32, 44, 2, 2, 1, 64, rope_parameters=LLAMA3_ROPE), clip_norm=2.5),
    Fixture("rope-linear", 5, llama(32, 44, 2, 2, 2, 64, rope_parameters=LINEAR_ROPE), v4_old_rope_key=True),
    Fixture("headdim", 6, llama(32, 44, 2, 4, 2, 64, head_dim=16), clip_norm=3.0),
    # A window as long as the sequences: it must not change a number.
    Fixture("mistral", 7, llama(32, 44, 2, 4, 2, 64, sliding_window=24), family="mistral"),
    Fixture("qwen2", 8, llama(32, 44, 2, 4, 2, 64, tie_word_embeddings=True), family="qwen2"),
    Fixture("qwen3", 13, llama(32, 44, 2, 4, 2, 64, head_dim=12, rms_norm_eps=1e-3), family="qwen3", generate=True),
    Fixture("qwen3-tied", 10, llama(32, 44, 2, 4, 4, 64, head_dim=8, tie_word_embeddings=True), family="qwen3"),
]


def build(fixture: Fixture) -> PreTrainedModel:
    """The model in float32 with every parameter random, norm weights too.

    Matrices spread by 1/sqrt(fan in), ten times the usual: attention is uneven and activations are of order
    one, so that a wrong mask, rotation or scale cannot hide. Twenty steps from there are still well-conditioned
    (`rounding` in golden.json), so the trace starts from the same weights.
    """
    config, architecture = FAMILIES[fixture.family]
    model = architecture._from_config(config(**fixture.config), attn_implementation="eager", dtype=torch.float32)
    rng = torch.Generator().manual_seed(fixture.seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=rng)
            if name.endswith("norm.weight"):
                parameter.copy_(1 + 0.3 * noise)
            elif name == "model.embed_tokens.weight" or name.endswith(".bias"):
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_(parameter.shape[1] ** -0.5 * noise)
    return model.eval()


def token_batches(fixture: Fixture) -> Tensor:
    """i64 [1 + steps, batch, context + 1]: the batch for logits and gradients, then one per training step.

    Drawn with a bias to small ids, so that ids repeat within a batch; the first and last id of the vocabulary
    are always there.
    """
    vocab = fixture.config["vocab_size"]
    rng = torch.Generator().manual_seed(1000 + fixture.seed)
    tokens = (torch.rand(1 + TRACE_STEPS, fixture.batch, fixture.context + 1, generator=rng) ** 2 * vocab).long()
    tokens[:, 0, 0] = vocab - 1
    tokens[:, 0, 1] = 0
    return tokens
