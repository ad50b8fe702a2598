"""Results of mergekit's passthrough for files of every kind: python tools/golden/mergekit_files.py

Writes to packages/grow/test/golden/: `bf16/` and `f16/` (the base `gqa-untied` of passthrough/ in half precision), and
mergekit.json: for each file its text and, by tensor, the type, shape and SHA-256 (first 16 digits) that mergekit 0.1.5
writes, with the metadata of the weights and what config.json says of layers and types. MODEL in a text stands for the
base. Needs mergekit 0.1.5 beside requirements.txt.
"""

import hashlib
import json
import tempfile
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import MergeOptions, run_merge
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).parents[2]
HERE = ROOT / "packages/grow/test/golden"
BASES = {
    "untied": ROOT / "tools/golden/passthrough/gqa-untied",
    "tied": ROOT / "tools/golden/passthrough/gqa-tied",
    "mistral": ROOT / "packages/model/test/golden/mistral",
    "bf16": HERE / "bf16",
    "f16": HERE / "f16",
}
HALF = {"bf16": torch.bfloat16, "f16": torch.float16}


def source(start, end, scale=None):
    parameters = {} if scale is None else {"parameters": {"scale": scale}}
    return {"sources": [{"model": "MODEL", "layer_range": [start, end], **parameters}]}


def cut(*slices, **more):
    return {"merge_method": "passthrough", "slices": list(slices), **more}


EXPANSION = [{"filter": "o_proj", "value": 0.0}, {"filter": "down_proj", "value": 0.0}, {"value": 1.0}]
ATTENUATED = [
    {"filter": "q_proj", "value": 0.7071067812},
    {"filter": "k_proj", "value": 0.7071067812},
    {"filter": "down_proj", "value": 0.5},
    {"value": 1.0},
]
FILES = {
    "overlapping slices": ("untied", cut(source(0, 4), source(2, 6))),
    "three overlapping slices, tied": ("tied", cut(source(0, 3), source(1, 5), source(2, 6))),
    "one layer, over and over": ("untied", cut(source(0, 3), *[source(2, 3)] * 4, source(3, 6))),
    "two ranges of one model, backwards": ("untied", cut(source(3, 6), source(0, 3))),
    "fewer layers": ("untied", cut(source(0, 2), source(5, 6))),
    "block expansion": ("untied", cut(source(0, 3), source(2, 3, EXPANSION), source(3, 6), source(5, 6, EXPANSION))),
    "block expansion, bf16": ("bf16", cut(source(0, 3), source(2, 3, EXPANSION), source(3, 6))),
    "attenuated copies": ("untied", cut(source(0, 4), source(2, 6, ATTENUATED))),
    "attenuated copies, bf16": ("bf16", cut(source(0, 4), source(2, 6, ATTENUATED))),
    "attenuated copies, f16": ("f16", cut(source(0, 4), source(2, 6, ATTENUATED))),
    "a scale for everything, tied": ("tied", cut(source(0, 6), source(4, 6), parameters={"scale": 0.3})),
    "scales of first and last slice reach what stands outside the layers": (
        "untied",
        cut(source(0, 3, 0.25), source(3, 6), source(4, 6, [{"filter": "norm", "value": 3}, {"filter": "lm_", "value": -0.1}])),
    ),
    "nearer scopes win, a filter by layer number": (
        "bf16",
        {
            **cut(
                {**source(0, 4, {"filter": "layers.2.mlp", "value": 0.9}), "parameters": {"scale": {"filter": "mlp", "value": 1.1}}},
                source(2, 6),
            ),
            "parameters": {"scale": [{"filter": "*", "value": "1e-1"}]},
        },
    ),
    "scales that change through a slice": (
        "bf16",
        cut(source(0, 6, [{"filter": "proj", "value": [1.0, 0.2, 0.7]}]), source(5, 6, [0.3, 0.8])),
    ),
    "read as bf16, then scaled": ("untied", cut(source(0, 4), source(2, 6, ATTENUATED), dtype="bfloat16")),
    "scaled, then stored as f16": ("untied", cut(source(0, 4), source(2, 6, ATTENUATED), out_dtype="float16")),
    "read as f32, stored as bf16": ("f16", cut(source(1, 6, 1.7), dtype="float32", out_dtype="bfloat16")),
    "mistral": ("mistral", cut(source(0, 2), source(0, 2, EXPANSION), base_model="MODEL")),
}


def write_halves():
    for name, dtype in HALF.items():
        path = HERE / name
        path.mkdir(parents=True, exist_ok=True)
        weights = load_file(BASES["untied"] / "model.safetensors")
        # One zero of each sign: their products have signs too.
        weights["model.layers.2.mlp.down_proj.weight"][0, :2] = torch.tensor([0.0, -0.0])
        save_file({k: v.to(dtype) for k, v in weights.items()}, path / "model.safetensors", metadata={"format": "pt"})
        config = json.loads((BASES["untied"] / "config.json").read_text())
        config["dtype"] = str(dtype).removeprefix("torch.")
        (path / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def tensors_of(directory):
    found, metadata = {}, []
    for file in sorted(Path(directory).glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            metadata.append(tensors.metadata())
            for name in tensors.keys():
                tensor = tensors.get_tensor(name).contiguous()
                data = tensor.view(torch.uint8).numpy().tobytes()
                kind = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}[str(tensor.dtype).removeprefix("torch.")]
                found[name] = [kind, list(tensor.shape), hashlib.sha256(data).hexdigest()[:16]]
    return {"tensors": dict(sorted(found.items())), "metadata": metadata}


def main():
    write_halves()
    golden = {}
    for name, (base, config) in FILES.items():
        text = yaml.safe_dump(config, sort_keys=False)
        loaded = yaml.safe_load(text.replace("MODEL", str(BASES[base])))
        with tempfile.TemporaryDirectory() as out:
            run_merge(MergeConfiguration.model_validate(loaded), out, MergeOptions(copy_tokenizer=False, clone_tensors=True))
            written = json.loads((Path(out) / "config.json").read_text())
            kept = {key: written[key] for key in ("num_hidden_layers", "dtype", "model_type", "tie_word_embeddings")}
            golden[name] = {"base": base, "text": text, "config": kept, **tensors_of(out)}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in golden.items())
    (HERE / "mergekit.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
