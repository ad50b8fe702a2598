"""What tools/engine-check/titan.mjs asks of torch about a stage for torchtitan: `titan_check.py FOLDER PYTHON_PACKAGE`.

Reads the checkpoint that convert.py has written with torch.distributed.checkpoint and compares it with the Hugging Face one:
q and k must give the same attention scores under torchtitan's RoPE, which turns neighbouring rows, as the others do under
theirs. Where torchtitan is importable, its own adapter, model and optimizer are asked too. Then it plays the cluster: writes a
checkpoint of the last step, each weight and moment one larger, and log lines. Prints one JSON line.
"""

import json
import os
import pathlib
import sys

import torch
import torch.distributed.checkpoint as dcp
from safetensors.torch import load_file

folder = pathlib.Path(sys.argv[1])
os.environ["CAMBIUM_STAGE"] = str(folder)
sys.path.insert(0, sys.argv[2])
from cambium_titan.names import heads_of, titan_name  # noqa: E402

job = json.loads((folder / "job.json").read_text())
config = json.loads((folder / "start" / "config.json").read_text())
ours = load_file(folder / "start" / "model.safetensors")
moments = load_file(folder / "start" / "moments.safetensors")


def read(path):
    metadata = dcp.FileSystemReader(path).read_metadata().state_dict_metadata
    content = {k: torch.empty(e.size, dtype=e.properties.dtype) if hasattr(e, "size") else None for k, e in metadata.items()}
    dcp.load(content, checkpoint_id=path, no_dist=True)
    return content


def half_rope(x, angles):
    cos, sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def pair_rope(x, angles):
    turned = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous()) * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2)


def scores_apart(theirs):
    """Over all layers, of one random sequence, in float64."""
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    size = config["hidden_size"] // heads
    x = torch.randn(16, config["hidden_size"], dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    angles = torch.outer(torch.arange(16.0, dtype=torch.float64), 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size))
    most = 0.0
    for layer in range(config["num_hidden_layers"]):
        results = []
        for tensors, name_of, rope in ((ours, str, half_rope), (theirs, titan_name, pair_rope)):
            q, k = (tensors[name_of(f"model.layers.{layer}.self_attn.{one}_proj.weight")].double() for one in "qk")
            q = rope((x @ q.T).unflatten(-1, (heads, size)).transpose(0, 1), angles)
            k = rope((x @ k.T).unflatten(-1, (kv, size)).transpose(0, 1), angles)
            results.append(q @ k.repeat_interleave(heads // kv, 0).transpose(1, 2))
        most = max(most, (results[0] - results[1]).abs().max().item())
    return most


def rows_follow(theirs):
    """Moments stand in the order of their weights: both are moved alike."""
    for name in ours:
        order = theirs[titan_name(name)]
        if heads_of(name, config) == 0 and not torch.equal(order, ours[name]):
            return False
        for prefix, key in (("m:", "exp_avg"), ("v:", "exp_avg_sq")):
            # A row of weights tells where it went, and its moments must have gone there too.
            place = (order.unsqueeze(1) == ours[name].unsqueeze(0)).all(-1).int().argmax(1) if order.dim() == 2 else torch.arange(len(order))
            if not torch.equal(theirs[f"optimizer.state.{titan_name(name)}.{key}"], moments[prefix + name][place]):
                return False
    return True


def with_torchtitan(theirs):
    try:
        from cambium_titan import config_registry
        from torchtitan.models.common.attention import FlexAttention
        from torchtitan.models.llama3.state_dict_adapter import Llama3StateDictAdapter
    except ImportError as missing:
        return {"torchtitan": f"not here: {missing}"}
    from cambium_titan.data import StageDataLoader
    from transformers import AutoModelForCausalLM

    whole = config_registry.stage()
    spec = whole.model_spec.model
    adapted = Llama3StateDictAdapter(spec, str(folder / "start")).from_hf(dict(ours))
    model = spec.build()
    model.load_state_dict({name: theirs[name] for name in model.state_dict()})
    optimizer = whole.optimizer.build(model_parts=[model])

    def causal(self, q, k, v, *_, **__):
        q, k, v = (one.transpose(1, 2) for one in (q, k, v))
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True).transpose(1, 2)

    # Its attention is compiled for GPUs.
    FlexAttention.forward = causal
    loader = StageDataLoader(StageDataLoader.Config(), dp_world_size=1, dp_rank=0, local_batch_size=job["batch"])
    batch, labels = next(iter(loader))
    with torch.no_grad():
        got = model(batch["input"], attention_masks=None, positions=batch["positions"])
        want = AutoModelForCausalLM.from_pretrained(folder / "start", dtype=torch.float32)(input_ids=batch["input"]).logits
    return {
        "torchtitan": "here",
        "adapter": all(torch.equal(adapted[name], theirs[name]) for name in adapted),
        "optimizerKeys": sorted(key for key in optimizer.state_dict() if f"optimizer.{key}" not in theirs),
        "logits": (got - want).abs().max().item(),
        "loss": torch.nn.functional.cross_entropy(got.flatten(0, 1).float(), labels.flatten()).item(),
    }


def play_cluster(theirs):
    steps = job["steps"]
    names = {titan_name(name) for name in ours}
    moved = lambda key: key in names or key.endswith((".exp_avg", ".exp_avg_sq"))  # noqa: E731
    content = {key: value + 1 if moved(key) else value for key, value in theirs.items()}
    content["train_state.step"] = steps
    dcp.save(content, checkpoint_id=folder / "checkpoint" / f"step-{steps}", no_dist=True)
    log = folder / "logs" / "none" / "attempt_0" / "0"
    log.mkdir(parents=True)
    line = "[titan] step: {:2}  loss: {:8.5f}  grad_norm: {:7.4f}  memory:  1.00GiB(1.00%)  tps: 1,234  tflops: 1.00  mfu: 1.00%\n"
    (log / "stderr.log").write_text("".join(line.format(i + 1, 3 - i / 100, 1.5) for i in range(steps)))


content = read(folder / "initial")
answer = {"scores": scores_apart(content), "rows": rows_follow(content), **with_torchtitan(content)}
play_cluster(content)
print(json.dumps(answer))
