"""Results of mergekit's passthrough and transformers for small models grown in depth: python tools/golden/passthrough.py

Writes to tools/golden/passthrough/, for each of three bases of 6 layers: NAME/ (config.json and model.safetensors as
transformers writes them) and NAME.json: a SHA-256 over all tensors after `mergekit` has passed the layers through in
the order of each operator, and transformers' logits of that model. Needs mergekit 0.1.5 beside requirements.txt.
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
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

HERE = Path(__file__).parent / "passthrough"
BASES = {
    "mha-untied": {"num_key_value_heads": 4, "tie_word_embeddings": False},
    "gqa-untied": {"num_key_value_heads": 2, "tie_word_embeddings": False},
    "gqa-tied": {"num_key_value_heads": 2, "tie_word_embeddings": True},
}
SIZES = {
    "vocab_size": 24,
    "hidden_size": 16,
    "intermediate_size": 20,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
}
# Du et al. 2024, Table 5, as lists of the paper's layers 1 to 6.
OPERATORS = {
    "stack": "123456" * 4,
    "interpolation": "111122223333444455556666",
    "partial-123456x4": "123456" * 4,
    "partial-12-3456x5-56": "12" + "3456" * 5 + "56",
    "partial-12-345x7-6": "12" + "345" * 7 + "6",
    "partial-123-456x7": "123" + "456" * 7,
    "partial-1234-56x10": "1234" + "56" * 10,
    "partial-12-34x10-56": "12" + "34" * 10 + "56",
    "partial-1-234x7-56": "1" + "234" * 7 + "56",
    "partial-123x7-456": "123" * 7 + "456",
}


def slices(digits, path):
    runs = []
    for layer in (int(digit) - 1 for digit in digits):
        if runs and runs[-1][1] == layer:
            runs[-1][1] = layer + 1
        else:
            runs.append([layer, layer + 1])
    return [{"sources": [{"model": str(path), "layer_range": run}]} for run in runs]


def digest(directory):
    """SHA-256 over a line `NAME SHA-256` for each tensor, by name."""
    found = {}
    for file in sorted(Path(directory).glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():
                data = tensors.get_tensor(name).contiguous().view(torch.uint8).numpy().tobytes()
                found[name] = hashlib.sha256(data).hexdigest()
    lines = "".join(f"{name} {found[name]}\n" for name in sorted(found))
    return {"tensors": len(found), "sha256": hashlib.sha256(lines.encode()).hexdigest()}


def main():
    for number, (name, extra) in enumerate(BASES.items()):
        torch.manual_seed(number)
        model = LlamaForCausalLM(LlamaConfig(**SIZES, **extra, bos_token_id=None, eos_token_id=None))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(1.0 if parameter.ndim == 1 else 0.0, 0.2)
        path = HERE / name
        model.save_pretrained(path)
        (path / "generation_config.json").unlink(missing_ok=True)
        tokens = torch.randint(0, SIZES["vocab_size"], (1, 8))
        golden = {"tokens": tokens.tolist(), "operators": {}}
        for operator, digits in OPERATORS.items():
            with tempfile.TemporaryDirectory() as out:
                config = {"merge_method": "passthrough", "dtype": "float32", "slices": slices(digits, path)}
                merge = MergeConfiguration.model_validate(yaml.safe_load(yaml.safe_dump(config)))
                run_merge(merge, out, MergeOptions(copy_tokenizer=False))
                grown = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32, attn_implementation="eager")
                with torch.no_grad():
                    logits = grown.eval()(tokens, use_cache=False).logits
                golden["operators"][operator] = {
                    **digest(out),
                    "logits": [round(x, 6) for x in logits.flatten().tolist()],
                }
        (HERE / f"{name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
