"""Is the peer's model HF's Llama? Same weights, same tokens: loss, every gradient and the loss after one step."""

import torch
from model import Config, Trainer
from transformers import LlamaConfig, LlamaForCausalLM

CASES = {
    "multi-head": Config(layers=2, hidden=64, intermediate=172, heads=4, kvHeads=4, vocab=256, batch=2, context=64),
    "grouped": Config(layers=2, hidden=96, intermediate=100, heads=6, kvHeads=2, vocab=131, batch=2, context=33),
}
# Two float32 computations of one quantity in different orders; ten times the difference measured.
TOLERANCE = 1e-5


def reference(config: Config) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            num_hidden_layers=config.layers,
            hidden_size=config.hidden,
            intermediate_size=config.intermediate,
            num_attention_heads=config.heads,
            num_key_value_heads=config.kvHeads,
            vocab_size=config.vocab,
            max_position_embeddings=config.context,
            rms_norm_eps=config.normEps,
            rope_parameters={"rope_type": "default", "rope_theta": config.ropeTheta},
        )
    ).float()


def reference_loss(model: LlamaForCausalLM, tokens: torch.Tensor) -> torch.Tensor:
    logits = model(tokens[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def distance(config: Config, compiled: bool) -> float:
    torch.manual_seed(1)
    trainer, hf = Trainer(config, compiled), reference(config)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    weights = {name if name == "lm_head.weight" else f"model.{name}": p for name, p in trainer.model.named_parameters()}
    hf.load_state_dict(weights, strict=True)
    tokens = torch.randint(0, config.vocab, (config.batch, config.context + 1))

    expected = reference_loss(hf, tokens)
    expected.backward()
    optimizer = torch.optim.AdamW(hf.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, foreach=False)
    torch.nn.utils.clip_grad_norm_(hf.parameters(), 1.0)
    optimizer.step()

    off = [abs(trainer.step(tokens) / expected.item() - 1)]
    for name, parameter in hf.named_parameters():
        off.append(((weights[name].grad - parameter.grad).abs().max() / parameter.grad.abs().max()).item())
    with torch.no_grad():
        off.append(abs(trainer.loss(tokens).item() / reference_loss(hf, tokens).item() - 1))
    return max(off)


def run() -> int:
    failed = 0
    for name, config in CASES.items():
        for compiled in (False, True):
            off = distance(config, compiled)
            failed += off > TOLERANCE
            verdict = "PASS" if off <= TOLERANCE else "FAIL"
            print(
                f"{verdict} {name}, {'torch.compile' if compiled else 'eager'}: largest relative difference {off:.1e}"
            )
    return 1 if failed else 0
