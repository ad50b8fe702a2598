"""The Llama of HF transformers as one would write it for speed in PyTorch on a CPU, and its training step.

Each choice was measured on two cores against the alternatives in README.md; none of those was faster.
"""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kvHeads: int
    vocab: int
    batch: int
    context: int
    ropeTheta: float = 10000.0
    normEps: float = 1e-6


class Norm(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden))
        self.eps = config.normEps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


def linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False)


def rotate(x: Tensor, cos: Tensor, signed_sin: Tensor) -> Tensor:
    """RoPE over the halves of the last axis: a roll and one fused multiply-add in place of a negated concatenation."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, -1), signed_sin)


class Attention(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.head_dim = config.hidden // config.heads
        self.grouped = config.kvHeads != config.heads
        self.q_proj = linear(config.hidden, config.hidden)
        self.k_proj = linear(config.hidden, config.kvHeads * self.head_dim)
        self.v_proj = linear(config.hidden, config.kvHeads * self.head_dim)
        self.o_proj = linear(config.hidden, config.hidden)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, context, hidden = x.shape
        q, k, v = (
            projection(x).view(batch, context, -1, self.head_dim).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.grouped)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, context, hidden))


class Mlp(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.gate_proj = linear(config.hidden, config.intermediate)
        self.up_proj = linear(config.hidden, config.intermediate)
        self.down_proj = linear(config.intermediate, config.hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.input_layernorm = Norm(config)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = Norm(config)
        self.mlp = Mlp(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """Untied; parameter names are HF's without the leading "model."."""

    def __init__(self, config: Config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab, config.hidden)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config)
        self.lm_head = linear(config.hidden, config.vocab)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
        head_dim = config.hidden // config.heads
        frequencies = config.ropeTheta ** -(torch.arange(0, head_dim, 2) / head_dim)
        angles = torch.outer(torch.arange(config.context), frequencies)
        self.register_buffer("cos", torch.cat((angles.cos(), angles.cos()), -1), persistent=False)
        self.register_buffer("sin", torch.cat((-angles.sin(), angles.sin()), -1), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Mean cross-entropy (nats) of tokens[:, 1:] given tokens[:, :-1]; tokens i64 [batch, context + 1]."""
        x = self.embed_tokens(tokens[:, :-1])
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        return F.cross_entropy(self.lm_head(self.norm(x)).flatten(0, 1), tokens[:, 1:].flatten())


class Trainer:
    """AdamW (.9/.95, weight decay .1, lr 1e-3) after clipping to norm 1, in float32; with bf16, products under autocast."""

    def __init__(self, config: Config, compiled: bool, bf16: bool = False):
        self.config = config
        self.bf16 = bf16
        self.model = Llama(config)
        self.loss = torch.compile(self.model) if compiled else self.model
        # fused=True: 4 to 6 times as fast on a CPU as foreach, 4 as a plain loop.
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, fused=True
        )

    def step(self, tokens: Tensor) -> float:
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = self.loss(tokens)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    def uncompiled(self) -> "Trainer":
        """The same training, uncompiled and in float32, with weights and moments of its own."""
        other = Trainer(self.config, False)
        other.model.load_state_dict(self.model.state_dict())
        # A copy, because an optimizer that loads tensors of its own dtype keeps them.
        other.optimizer.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
        return other
