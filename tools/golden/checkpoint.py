"""Golden files for packages/checkpoint: what the Python originals write, and which files they refuse.

    python3 tools/golden/checkpoint.py packages/checkpoint/test/golden

Made with safetensors 0.8.0, numpy 2, torch 2.13 (CPU), transformers 5.23.
"""

import base64
import json
import struct
import sys
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
from transformers import LlamaConfig, LlamaForCausalLM


def numbers(array):
    """JSON numbers; integers beyond 2^53 and values that JSON has no number for become strings."""
    flat = np.asarray(array).reshape(-1).tolist()
    return [x if isinstance(x, bool) or (np.isfinite(x) and abs(x) < 2**53) else str(x) for x in flat]


def dtypes(out):
    """One tensor of each type numpy knows, at the ends of its range."""
    tensors = {"bool": np.array([True, False, True])}
    for name in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]:
        info = np.iinfo(name)
        tensors[name] = np.array([[info.min, info.max], [0, 7]], dtype=name)
    for name in ["float16", "float32", "float64"]:
        info = np.finfo(name)
        tensors[name] = np.array([0, -0.0, 1.5, info.max, info.tiny, info.smallest_subnormal, np.inf, np.nan], dtype=name)
    safetensors.numpy.save_file(tensors, out / "dtypes.safetensors")
    expected = {name: {"shape": list(t.shape), "values": numbers(t)} for name, t in tensors.items()}
    (out / "dtypes.json").write_text(json.dumps(expected, indent=1) + "\n")


def torch_dtypes(out):
    """Types only torch has, with their f32 values where it can widen them."""
    reals = torch.tensor([0, -0.0, 1, -2.5, 0.1, 3.0e38, 1e-40, float("inf"), float("-inf")])
    tensors = {"bf16": reals.to(torch.bfloat16), "f16": reals.to(torch.float16), "f32": reals}
    for name in ["float8_e4m3fn", "float8_e5m2", "complex64"]:
        tensors[name] = torch.tensor([1.0, -0.5, 2.0]).to(getattr(torch, name))
    safetensors.torch.save_file(tensors, out / "torch-dtypes.safetensors", {"format": "pt"})
    expected = {name: numbers(tensors[name].float().numpy()) for name in ["bf16", "f16", "f32"]}
    (out / "torch-dtypes.json").write_text(json.dumps(expected, indent=1) + "\n")


def names(out):
    """Names and metadata that need escapes or sort differently in UTF-8 and UTF-16; empty and scalar tensors."""
    keys = ["b", "a", "", "A", "é", "\uffee", "\U0001f600", 'quote"\\/', "tab\t\u0001\u007f\u2028", "__proto__", "10", "9", "constructor"]
    tensors = {key: np.full((2,), i, dtype="float32") for i, key in enumerate(keys)}
    tensors["scalar"] = np.array(42, dtype="int64")
    tensors["empty"] = np.zeros((3, 0, 2), dtype="float16")
    safetensors.numpy.save_file(tensors, out / "names.safetensors", {"é\"": "\U0001f600\n"})
    # Separate, because the order of several fields differs from run to run.
    metadata = {"z": "1", "a": "é\"\n", "\U0001f600": "x", "\uffee": "y"}
    safetensors.numpy.save_file({}, out / "metadata.safetensors", metadata)


def llama(out):
    """A sharded model directory, the order of its tensors, and a few numbers of each."""
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=11, hidden_size=8, intermediate_size=12, num_hidden_layers=2,
                         num_attention_heads=2, max_position_embeddings=16)
    model = LlamaForCausalLM(config)
    model.save_pretrained(out / "llama", max_shard_size="1KB")
    expected = [
        {"name": name, "shape": list(t.shape), "sum": t.double().sum().item(), "first": numbers(t.reshape(-1)[:4])}
        for name, t in model.state_dict().items()
    ]
    (out / "llama.json").write_text(json.dumps(expected, indent=1) + "\n")


def verdicts(out):
    """Valid and invalid files, and whether the reference reader accepts them."""

    def file(header, data=b"", pad=True, length=None):
        text = header if isinstance(header, bytes) else header.encode()
        if pad:
            text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text) if length is None else length) + text + data

    def one(**fields):
        return json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **fields}})

    def two(first, second):
        entries = {k: {"dtype": "U8", "shape": [e - b], "data_offsets": [b, e]} for k, (b, e) in zip("ab", (first, second))}
        return json.dumps(entries)

    eight = bytes(8)
    files = {
        "plain": file(one(), eight),
        "no tensors": file("{}"),
        "unaligned header": file(one(), eight, pad=False),
        "newlines between fields": file(one().replace(",", ",\n"), eight),
        "entries out of order": file(two((4, 8), (0, 4)), eight),
        "empty tensor at the end": file(two((0, 8), (8, 8)), eight),
        "nothing": b"",
        "seven bytes": bytes(7),
        "length only": struct.pack("<Q", 16),
        "length beyond the file": file(one(), eight, length=10_000),
        "length above the limit": file(one(), eight, length=100_000_001),
        "length of 2^64 - 1": file(one(), eight, length=2**64 - 1),
        "git lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "zero length": file("", pad=False),
        "not json": file("{a", eight),
        "array": file("[]", pad=True),
        "leading space": file(" " + one(), eight),
        "byte order mark": file(b"\xef\xbb\xbf" + one().encode(), eight),
        "trailing garbage in the header": file(one() + "x", eight),
        "trailing zero bytes in the header": file(one().encode() + b"\0\0", eight),
        "not utf-8": file(one().encode().replace(b'"a"', b'"\xff"'), eight),
        "lone surrogate": file(one().replace('"a"', '"\\ud800"'), eight),
        "deep shape": file(one(shape=[[2]]), eight),
        "entry is null": file('{"a":null}'),
        "entry is a string": file('{"a":"x"}'),
        "no dtype": file('{"a":{"shape":[2],"data_offsets":[0,8]}}', eight),
        "no shape": file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', eight),
        "no offsets": file('{"a":{"dtype":"F32","shape":[2]}}', eight),
        "unknown dtype": file(one(dtype="F31"), eight),
        "lower case dtype": file(one(dtype="f32"), eight),
        "prototype dtype": file(one(dtype="constructor"), eight),
        "negative size": file(one(shape=[-2]), eight),
        "fractional size": file(one(shape=[1.5]), eight),
        "size as text": file(one(shape=["2"]), eight),
        "size too large": file(one(shape=[2**60]), eight),
        "size beyond 64 bits": file(one(shape=[2**70]), eight),
        "product overflows": file(one(shape=[2**40, 2**40]), eight),
        "product overflows to zero": file(one(shape=[2**32, 2**32]), eight),
        "shape larger than data": file(one(shape=[3]), eight),
        "shape smaller than data": file(one(shape=[1]), eight),
        "odd nibbles": file(one(dtype="F4", shape=[3], data_offsets=[0, 1]), b"\0"),
        "even nibbles": file(one(dtype="F4", shape=[4], data_offsets=[0, 2]), b"\0\0"),
        "one offset": file(one(data_offsets=[0]), eight),
        "three offsets": file(one(data_offsets=[0, 8, 8]), eight),
        "offsets reversed": file(one(data_offsets=[8, 0]), eight),
        "negative offset": file(one(data_offsets=[-8, 0]), eight),
        "offsets outside the file": file(one(data_offsets=[0, 8]), bytes(4)),
        "offsets far outside": file(one(data_offsets=[2**52, 2**52 + 8]), eight),
        "data missing": file(one()),
        "trailing data": file(one(), bytes(9)),
        "gap at the beginning": file(two((1, 4), (4, 8)), eight),
        "gap in the middle": file(two((0, 3), (4, 8)), eight),
        "overlap": file(two((0, 5), (4, 8)), eight),
        "same bytes twice": file(two((0, 8), (0, 8)), eight),
        "empty tensor inside another": file(two((0, 8), (4, 4)), eight),
        "metadata of numbers": file('{"__metadata__":{"a":1}}'),
        "metadata is a list": file('{"__metadata__":[]}'),
        "metadata nested": file('{"__metadata__":{"a":{"b":"c"}}}'),
        "metadata of strings": file('{"__metadata__":{"a":"1"}}'),
        "metadata empty": file('{"__metadata__":{}}'),
        "tensor called __proto__": file(one().replace('"a"', '"__proto__"'), eight),
        "not a number": file(one().replace("[2]", "[NaN]"), eight),
        "infinite size": file(one().replace("[2]", "[1e999]"), eight),
        "size with a leading zero": file(one().replace("[2]", "[02]"), eight),
        "comment": file("/**/" + one(), eight),
        "trailing comma": file(one()[:-1] + ",}", eight),
        "single quotes": file(one().replace('"', "'"), eight),
        "control character in a name": file(one().replace('"a"', '"a\n"'), eight),
        "bad escape": file(one().replace('"a"', '"\\x41"'), eight),
        "key given twice": file(one()[:-1] + "," + one()[1:], eight),
        "field given twice": file(one().replace('"dtype"', '"dtype": "F32", "dtype"'), eight),
    }

    def accepted(content):
        try:
            safetensors.deserialize(content)
            return True
        except Exception:
            return False

    rows = [
        {"name": name, "accepted": accepted(content), "file": base64.b64encode(content).decode()}
        for name, content in files.items()
    ]
    (out / "verdicts.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for make in (dtypes, torch_dtypes, names, llama, verdicts):
        make(target)
    for path in target.rglob("*.safetensors"):
        path.chmod(0o644)
