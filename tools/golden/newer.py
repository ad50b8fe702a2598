"""Golden file for packages/data: byte-level tokenizers and characters of Unicode 15 and 16, cut by GPT-2's and by Llama 3's
expression, and composed by NFC.

    python3 tools/golden/newer.py packages/data/test/golden/newer.json

Existing tokenizers are kept. Made with tokenizers 0.23.3.
"""

import json
import sys
from pathlib import Path

from tokenizer import llama_3
from tokenizers import Tokenizer, models, normalizers, trainers
from tokenizers import pre_tokenizers as pre

TEXTS = [
    "a\U00010d4ab \U00010d4a\U00010d40\U00010d41 x", "x\U0002ebf0y\U00031350 \U00031350", "\U0001fae8\U0001fae9 a\U0001fae8",
    "\U000105c9\U000105d2\u0307 z\U0001e4d0\U0001e4f0", "\u0967\U00011f50\U00011f51 12\U00011bf0",
    "\u1c89\u1c8a \u0c5d e\u0301",
]  # fmt: skip


def trained(pretokenizer, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pretokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    alphabet = sorted(pre.ByteLevel.alphabet())
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(initial_alphabet=alphabet, show_progress=False))
    return tokenizer


KINDS = {
    "gpt2": lambda: trained(pre.Sequence([pre.ByteLevel(add_prefix_space=False)])),
    "llama3": lambda: trained(llama_3()[0].pre_tokenizer),
    "nfc": lambda: trained(llama_3()[0].pre_tokenizer, normalizers.NFC()),
}


def main(out):
    kept = {one["name"]: one["tokenizer"] for one in json.loads(out.read_text())} if out.exists() else {}
    lines = []
    for name, make in KINDS.items():
        saved = kept.get(name) or json.loads(make().to_str())
        tokenizer = Tokenizer.from_str(json.dumps(saved))
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        lines.append(json.dumps({"name": name, "tokenizer": saved, "texts": TEXTS, "ids": ids}))
    out.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
