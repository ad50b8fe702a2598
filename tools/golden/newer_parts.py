"""Golden file for packages/data: characters of Unicode 15 to 17 in parts of tokenizers and in regular expressions.

    python3 tools/golden/newer_parts.py packages/data/test/golden/newer-parts.json

Made with tokenizers 0.23.3.
"""

import json
import sys
from pathlib import Path

from charsmap import charsmap
from tokenizers import Tokenizer

# Of each category and script that Unicode 15 and 16 added to, of what they changed, of Unicode 17, and old ones.
POINTS = (
    0x897, 0xCF3, 0xECE, 0x1B4E, 0x1C89, 0x1C8A, 0x2427, 0x2FFC, 0xA7CB, 0xA7DA, 0x105C0, 0x10D40, 0x10D4A, 0x10D4E,
    0x10D50, 0x10D6E, 0x10D70, 0x10D8E, 0x10EC2, 0x113B8, 0x116D0, 0x11B00, 0x11F02, 0x13439, 0x143FA, 0x1B132,
    0x1CCF0, 0x1D2C0, 0x1E030, 0x1E08F, 0x1E4D0, 0x1FADC, 0x2B739, 0x2EBF0, 0x323AF,
    0xB2, 0xBC, 0x363, 0xC04, 0x10FC, 0xA7F2, 0x1171E, 0x1DD4, 0x200D, 0x30FB,
    0x200C, 0xFF65, 0x19B, 0x264,
    0xA7CE, 0xA7D4, 0x16EA0, 0x16EB8, 0x11DE2, 0x16FF5,
    0x24, 0x41, 0x5F, 0xE9, 0x2160, 0x2460, 0x4E00,
)  # fmt: skip
OLDER = "x\u200dy 1\uff65\u200c café \u30fb東京!"
EXPRESSIONS = [
    r"\w+", r"\W", r"\d", r"\D+", r"\p{L}+", r"\p{^L}", r"\P{L}+", r"[^\s\p{L}\p{N}]+", r"[\p{L}\p{M}]+", r"\p{Mn}",
    r"\p{Mc}+", r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+", r"[[:alpha:]]+", r"[^[:alpha:]]",
    r"[[:^alpha:]]", r"[[:alnum:]_]+", r"[[:word:]]+", r"\p{Word}+", r"\p{Punct}+", r"[[:punct:]]+",
    r"[^[:punct:]\s]+", r"\p{Cn}", r"\p{C}+", r"\P{Cn}+", r"[^\p{Cn}\p{L}]", r"\p{Uppercase_Letter}", r"\p{Han}+",
    r"[^\p{Han}]", r"\p{Latin}+", r"\p{Common}", r"[\w&&[^\d]]+", r"[\p{L}&&[^\p{Lu}]]+", r"\p{S}+", r"\p{Lower}",
    r"(?i:'s)|\p{L}+|\p{N}{1,3}", r"[a-z\p{L}-]+", r"[]\w]+", r"(?<=\p{L})\p{N}", r"(?i:x)(?-i:\w)+", r"\p{ID_Continue}+",
    r"(?i)\p{L}+", r"(?i)\p{ID_Continue}+", r"(?i)\p{^XIDC}", r"\p{IDC}+", r"\p{OIDC}", r"(?i)\P{Other_ID_Continue}+",
    r"(?i)\w+", r"(?i:\W)", r"[_\p{Word}]+", r"[^a\p{word}]", r"(?i)\p{Lu}", r"(?i)\p{Alphabetic}+(?-i)x",
    r"[\[]|\w+", r"[^\[^]\w", r"(?#[)\w+", r"[^]]\w",
]  # fmt: skip
UNSURE = [
    r"(?i:[\d\P{Word}])", r"\p{In_No_Block}",
    r"(?i)[\p{L}]+", r"(?i)[^\p{IDC}]", r"(?i)[_\p{XID_Continue}]+", r"(?i)[ɐ-ʯ]+", r"(?i)\x{19b}",
    r"\b\w", r"[\[]|\b", r"(?x)\w # [", r"\X", r"\p{Diacritic}+", r"(?i:x[\w])", r"\p{In_CJK_Unified_Ideographs}",
]  # fmt: skip
LOWER = {"type": "Lowercase"}
BERT = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}


def texts():
    around = ["x{0}y{0} 1{0}! ".format(chr(point)) for point in POINTS]
    return ["".join(around[i : i + 10]) for i in range(0, len(around), 10)] + ["", " a", "a 12  b,.", "\ta\u2028", OLDER]


def tokenizer(model, normalizer=None, pre=None, added=()):
    return {"version": "1.0", "added_tokens": list(added), "normalizer": normalizer, "pre_tokenizer": pre, "model": model}


def words(pre):
    vocab = {word: i for i, word in enumerate(["[UNK]", "x", "y", " ", "1", "!", "Ġ", "Ġa", "a", "Ġ!", "Ġx"])}
    return tokenizer({"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"}, pre=pre)


def as_bytes(normalizer, added=()):
    vocab = {"<unk>": 0, **{f"<0x{byte:02X}>": byte + 1 for byte in range(256)}}
    model = {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "vocab": vocab, "merges": []}
    return tokenizer(model, normalizer, added=added)


def split(expression, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": behavior, "invert": invert}


def sequence(*parts, of="pretokenizers"):
    return {"type": "Sequence", of: list(parts)}


def gpt2(space):
    return {"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": True, "use_regex": True}


def replaced(expression):
    return {"type": "Replace", "pattern": {"Regex": expression}, "content": "#"}


def single(normalized):
    options = {"single_word": True, "lstrip": False, "rstrip": False, "normalized": normalized, "special": False}
    return {"id": 257, "content": "x", **options}


CASES = {
    **{expression: words(split(expression)) for expression in EXPRESSIONS},
    **{f"removed {expression}": words(split(expression, "Removed", True)) for expression in EXPRESSIONS[:4]},
    **{f"replaced {expression}": as_bytes(replaced(expression)) for expression in EXPRESSIONS[:4]},
    "digits": words({"type": "Digits", "individual_digits": True}),
    "digits together": words({"type": "Digits", "individual_digits": False}),
    "whitespace": words({"type": "Whitespace"}),
    "whitespace and digits": words(sequence({"type": "Whitespace"}, {"type": "Digits", "individual_digits": False})),
    "gpt-2": words(gpt2(False)),
    "gpt-2 with a space": words(gpt2(True)),
    "gpt-2 with a space in a sequence": words(sequence({"type": "Punctuation", "behavior": "Isolated"}, gpt2(True))),
    **{kind: words({"type": kind}) for kind in ("BertPreTokenizer", "Punctuation", "UnicodeScripts", "WhitespaceSplit")},
    **{kind: as_bytes({"type": kind}) for kind in ("NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Nmt")},
    "accents off after NFD": as_bytes(sequence({"type": "NFD"}, {"type": "StripAccents"}, of="normalizers")),
    "stripped": as_bytes({"type": "Strip", "strip_left": True, "strip_right": True}),
    "lower case": as_bytes(LOWER),
    "lower case of BERT": as_bytes(BERT),
    "lower case after NFD": as_bytes(sequence({"type": "NFD"}, LOWER, {"type": "StripAccents"}, of="normalizers")),
}
REFUSED = {
    **{expression: words(split(expression)) for expression in UNSURE},
    "lower case after an expression": as_bytes(sequence(replaced(r"\p{Lu}"), LOWER, of="normalizers")),
    "what Precompiled joins": as_bytes({"type": "Precompiled", "precompiled_charsmap": charsmap({"x": "y", "e\u0301": "é"})}),
    "single word": as_bytes(None, [single(False)]),
    "single word in lower case": as_bytes(LOWER, [single(True)]),
}


def main(out):
    all_texts = texts()
    ids = lambda saved: [Tokenizer.from_str(json.dumps(saved)).encode(text, add_special_tokens=False).ids for text in all_texts]
    cases = [{"name": name, "tokenizer": saved, "refused": False, "ids": ids(saved)} for name, saved in CASES.items()]
    cases += [{"name": name, "tokenizer": saved, "refused": True, "ids": ids(saved)} for name, saved in REFUSED.items()]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    out.write_text(f'{{"texts": {json.dumps(all_texts)},\n"cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
