"""Writes, or with --check compares, the golden fixtures of model families that the TypeScript tests read.

Oracle: the family's class of transformers in float32, attn_implementation="eager" (plain matmul, mask, softmax),
one thread; torch.optim.AdamW and torch.nn.utils.clip_grad_norm_. README.md describes every file.
"""

import argparse
import copy
import json
import sys
import tempfile
from pathlib import Path

import torch
from fixtures import FAMILIES, FIXTURES, TRACE_STEPS, Fixture, build, token_batches
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel
from transformers.utils import logging

GOLDEN = Path(__file__).resolve().parents[2] / "packages" / "model" / "test" / "golden"
ADAMW = {"betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.1}
PEAK_LR, WARMUP_STEPS = 1e-3, 5
PROMPT, NEW_TOKENS = [5, 17, 9], 48


def learning_rate(step: int) -> float:
    return PEAK_LR * min(1.0, (step + 1) / WARMUP_STEPS)


def loss_of(model: PreTrainedModel, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Logits [batch, context, vocab] and mean cross-entropy (nats) of tokens[:, 1:] given tokens[:, :-1]."""
    logits = model(tokens[:, :-1], use_cache=False).logits
    return logits, cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def gradients(model: PreTrainedModel, tokens: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    logits, loss = loss_of(model, tokens)
    loss.backward()
    grads = {f"grad.{name}": parameter.grad.clone() for name, parameter in model.named_parameters()}
    return {"logits": logits.detach(), "loss": loss.detach(), **grads}


def trace(model: PreTrainedModel, batches: Tensor, clip_norm: float) -> dict[str, Tensor]:
    optimizer = torch.optim.AdamW(model.parameters(), foreach=False, **ADAMW)
    losses, norms = [], []
    for step, tokens in enumerate(batches):
        optimizer.param_groups[0]["lr"] = learning_rate(step)
        optimizer.zero_grad()
        loss = loss_of(model, tokens)[1]
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm))
        optimizer.step()
        losses.append(loss.detach())
    final = {f"final.{name}": parameter.detach() for name, parameter in model.named_parameters()}
    return {"trace.loss": torch.stack(losses), "trace.grad_norm": torch.stack(norms), **final}


def compute(model: PreTrainedModel, batches: Tensor, clip_norm: float) -> dict[str, Tensor]:
    model = copy.deepcopy(model)
    return gradients(model, batches[0]) | trace(model, batches[1:], clip_norm)


def distance(a: Tensor, b: Tensor) -> float:
    """Largest difference over largest value."""
    return ((a.double() - b.double()).abs().max() / b.double().abs().max()).item()


def nudged(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """The model with every weight moved by up to half a unit in its last place, the effect of another order of sums."""
    model = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1 + (torch.rand(parameter.shape, generator=generator) - 0.5) * 2**-23)
    return model


def rounding(model: PreTrainedModel, golden: dict[str, Tensor], batches: Tensor, clip_norm: float) -> dict[str, float]:
    """How far the float32 oracle stands from its equals: what a test's tolerance must exceed.

    From the same with float64 products; for the parameters after the trace, which AdamW may move by the learning rate
    where a gradient is nothing but rounding, also from eight runs whose weights begin half a last bit away.
    """
    finer = compute(copy.deepcopy(model).double(), batches, clip_norm)
    others = [finer, *(compute(nudged(model, seed), batches, clip_norm) for seed in range(8))]
    groups = {"logits": "logits", "grad": "grad.", "traceLoss": "trace.loss", "traceGradNorm": "trace.grad_norm"}
    groups["final"] = "final."

    def furthest(group: str, prefix: str) -> float:
        compared = others if group == "final" else [finer]
        return max(distance(golden[key], other[key]) for other in compared for key in golden if key.startswith(prefix))

    return {group: float(f"{furthest(group, prefix):.1e}") for group, prefix in groups.items()}


def v4_config(config: dict, fixture: Fixture) -> dict:
    """The config.json that transformers 4.46 would have written.

    dtype -> torch_dtype; rope_parameters.rope_theta -> rope_theta; what is left of rope_parameters -> rope_scaling,
    null when the type is default, and with the key `type` instead of `rope_type` where the fixture asks for the
    spelling of releases before 4.43; pad_token_id left out when null; head_dim left out where it is
    hidden_size / num_attention_heads and that is the default, as in the files of the published Llamas; `v4_drop`
    left out as well.
    """
    old = {key: value for key, value in config.items() if key not in ("dtype", "rope_parameters", *fixture.v4_drop)}
    rope = dict(config["rope_parameters"])
    old["torch_dtype"] = config["dtype"]
    old["rope_theta"] = rope.pop("rope_theta")
    if fixture.v4_old_rope_key:
        rope["type"] = rope.pop("rope_type")
    old["rope_scaling"] = None if rope == {"rope_type": "default"} else rope
    if old.get("pad_token_id", 0) is None:
        del old["pad_token_id"]
    if fixture.family == "llama" and old["head_dim"] * old["num_attention_heads"] == old["hidden_size"]:
        del old["head_dim"]
    return old | {"transformers_version": "4.46.3"}


def generate(model: PreTrainedModel) -> dict:
    """Greedy continuation with the KV cache, refused if a rounding error could change a choice."""
    prompt = torch.tensor([PROMPT])
    output = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        pad_token_id=0,
        do_sample=False,
        use_cache=True,
        max_new_tokens=NEW_TOKENS,
        output_logits=True,
        return_dict_in_generate=True,
    )
    new = output.sequences[0, len(PROMPT) :].tolist()
    best = torch.cat(output.logits).topk(2).values
    margin = (best[:, 0] - best[:, 1]).min().item()
    assert len(new) == NEW_TOKENS and len(set(new)) >= 8, f"dull or short continuation: {new}"
    assert margin > 1e-2, f"two tokens are too close to call: {margin}"
    return {
        "prompt": PROMPT,
        "maxNewTokens": NEW_TOKENS,
        "temperature": 0,
        "newTokens": new,
        "minMargin": round(margin, 4),
    }


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def write(fixture: Fixture, folder: Path) -> None:
    model = build(fixture)
    batches = token_batches(fixture)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    config = json.loads((folder / "config.json").read_text())
    old = v4_config(config, fixture)
    write_json(folder / "config.v4.json", old)
    read = FAMILIES[fixture.family][0](**copy.deepcopy(old)).to_dict()
    read["rope_parameters"].pop("type", None)
    same = ("rope_parameters", "head_dim", "num_key_value_heads", "hidden_size", "tie_word_embeddings")
    assert all(read.get(key) == config.get(key) for key in same), "config.v4.json means another model"

    golden = compute(model, batches, fixture.clip_norm)
    clipped = int((golden["trace.grad_norm"] > fixture.clip_norm).sum())
    assert clipped == TRACE_STEPS if fixture.clip_norm == 1.0 else 5 <= clipped <= 15, f"{clipped} steps clipped"
    tokens = {"tokens": batches[0].int(), "trace.tokens": batches[1:].int()}
    save_file({key: value.contiguous() for key, value in (golden | tokens).items()}, folder / "golden.safetensors")
    optimizer = {"betas": ADAMW["betas"], "eps": ADAMW["eps"], "weightDecay": ADAMW["weight_decay"]}
    write_json(
        folder / "golden.json",
        {
            "optimizer": optimizer | {"clipNorm": fixture.clip_norm},
            "learningRates": [learning_rate(step) for step in range(TRACE_STEPS)],
            "clippedSteps": clipped,
            "rounding": rounding(model, golden, batches, fixture.clip_norm),
            "torch": torch.__version__.split("+")[0],
            "transformers": config["transformers_version"],
        },
    )
    if fixture.generate:
        write_json(folder / "generate.json", generate(model))
    for file in folder.iterdir():
        file.chmod(0o644)


def differences(fresh: Path, kept: Path) -> list[str]:
    """Tensors further than 1e-5 (relative, so that another machine's rounding passes) and files that differ."""
    found = []
    for file in sorted(fresh.iterdir()):
        other = kept / file.name
        if not other.exists():
            found.append(f"{file.name} is missing")
        elif file.suffix == ".safetensors":
            a, b = load_file(file), load_file(other)
            # AdamW moves a weight whose gradient is only rounding noise by up to the learning rate either way.
            limit = {key: 1e-3 if key.startswith("final.") else 1e-5 for key in a}
            found += [f"{file.name}: {key}" for key in a if key not in b or distance(a[key], b[key]) > limit[key]]
            found += [f"{file.name}: {key} is not of this script" for key in b if key not in a]
        elif file.name != "golden.json" and json.loads(file.read_text()) != json.loads(other.read_text()):
            found.append(f"{file.name} differs")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="fixtures (default: all)")
    parser.add_argument("--out", type=Path, default=GOLDEN, help="directory of the fixtures")
    parser.add_argument("--check", action="store_true", help="compare with the files there; write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    failed = 0
    for fixture in (f for f in FIXTURES if not options.names or f.name in options.names):
        if options.check:
            with tempfile.TemporaryDirectory() as scratch:
                write(fixture, Path(scratch))
                found = differences(Path(scratch), options.out / fixture.name)
            failed += bool(found)
            print(f"{'FAIL' if found else 'PASS'} {fixture.name}", *found, sep="\n  ")
        else:
            write(fixture, options.out / fixture.name)
            print(f"wrote {options.out / fixture.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
