"""Random tokenizers and random texts with the ids of Python's tokenizers, as JSON for tokenizer-check.ts, which compares.

    python tools/golden/tokenizer_random.py 2000 SEED | npx tsx --conditions=@cambium/source tools/golden/tokenizer-check.ts
"""

import json
import os
import random
import sys
import unicodedata

from charsmap import charsmap
from tokenizers import Tokenizer
from tokenizers import pre_tokenizers as pre

LETTERS = sorted(pre.ByteLevel.alphabet())
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
# Latin, marks, Hangul whole and in parts, Han and its compatibility forms, widths, digits, signs, spaces of every kind,
# characters without width, and what the parts of a tokenizer use themselves.
POOL = list("aaabbcxyzABÉéßſıİKﬁǅ0129'.,;!?-_#$+<>|~ ") + list("  \t\n\r\u00a0\u3000\u2028\u0085\u200b\u200c\u200d\ufeff\u00ad")
POOL += list("\u0301\u0308\u0327\u093c\u0334가각힣\u1100\u1161\u11a8東京一豈﨑½①Ⅷ²ａＡ１ﾊﾞ゛・㍍ΐσςΣЁёаشنู中🐋🇬🇧🏽\u0000\u0007\u001f\u007f\ufffd\ufffe")
POOL += ["▁", "Ġ", "##", "</w>", "<s>", "<mask>", " <mask> ", "[UNK]", "ab", "the", "whale", "'s", "'LL", "\r\n", "e\u0301"]
BEHAVIORS = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
PATTERNS = [
    {"Regex": r"\s+"}, {"Regex": r"\w+|[^\w\s]+"}, {"Regex": r"\p{L}+"}, {"Regex": r"[[:punct:]]"}, {"Regex": r"(?i)a|b"}, {"Regex": r"\d{1,2}"},
    {"Regex": r"(?=a)"}, {"Regex": r"\b"}, {"Regex": r"a*"}, {"Regex": r"^a|z$"}, {"Regex": r"\S+\s?"}, {"Regex": r"(?i:[à-ÿ])+"}, {"Regex": r"."}, {"Regex": r"(?<=a)b"},
    {"String": " "}, {"String": "a"}, {"String": ""}, {"String": "."}, {"String": "\r\n"}, {"String": "▁"}, {"Regex": r"\p{Mn}"}, {"Regex": r"(?i)ss|ﬁ"},
]  # fmt: skip
r = random.Random()


def flag():
    return r.random() < 0.5


def some(items, most, least=0):
    return [r.choice(items) for _ in range(r.randint(least, most))]


def normalizer(depth=0):
    kind = r.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "Strip", "Prepend", "Replace", "Bert", "Sequence", "ByteLevel", "Precompiled"])
    if kind == "Precompiled":
        return {"type": "Precompiled", "precompiled_charsmap": charsmap(texts())}
    if kind == "Strip":
        return {"type": "Strip", "strip_left": flag(), "strip_right": flag()}
    if kind == "Prepend":
        return {"type": "Prepend", "prepend": r.choice(["▁", "a", " ", "", "é"])}
    if kind == "Replace":
        return {"type": "Replace", "pattern": r.choice(PATTERNS), "content": r.choice(["", " ", "▁", "a", "e\u0301"])}
    if kind == "Bert":
        return {
            "type": "BertNormalizer", "clean_text": flag(), "handle_chinese_chars": flag(), "lowercase": flag(),
            "strip_accents": r.choice([None, True, False]),
        }
    if kind == "Sequence":
        return {"type": "Sequence", "normalizers": [normalizer(1) for _ in range(r.randint(0, 3))]} if depth == 0 else {"type": "NFC"}
    return {"type": kind}


def texts():
    """What a normalizer Precompiled makes of which texts: as SentencePiece's nmt_nfkc, and some at random."""
    folded = {letter: unicodedata.normalize("NFKC", letter) for letter in POOL if unicodedata.normalize("NFKC", letter) != letter}
    own = {"".join(some(POOL, 2, 1)): r.choice(POOL) for _ in range(r.randint(0, 20))}
    return {key: value for key, value in (folded | own | {"\u200b": "", "\t": " "}).items() if "\0" not in key + value}


def byte_level():
    part = {"type": "ByteLevel", "add_prefix_space": flag(), "trim_offsets": flag(), "use_regex": flag()}
    if r.random() < 0.2:
        del part["use_regex"]
    return part


def metaspace():
    part = {"type": "Metaspace", "replacement": r.choice(["▁", "▁", "▁", "_", "a"])}
    way = r.random()
    if way < 0.6:
        return part | {"prepend_scheme": r.choice(["first", "always", "never"]), "split": flag()}
    if way < 0.7:
        return part | {"add_prefix_space": flag(), "prepend_scheme": r.choice(["first", "always", "never"])}
    if way < 0.8:
        return part | {"prepend_scheme": r.choice(["first", "always", "never"])}
    return part | {"str_rep": "▁", "add_prefix_space": flag()}


def pre_tokenizer(depth=0):
    kind = r.choice(
        ["ByteLevel", "ByteLevel", "Metaspace", "Metaspace", "Split", "Split", "Punctuation", "Digits", "Chars", "Whitespace", "WhitespaceSplit",
         "UnicodeScripts", "BertPreTokenizer", "Sequence", "Sequence", "Sequence"]
    )  # fmt: skip
    if kind == "ByteLevel":
        return byte_level()
    if kind == "Metaspace":
        return metaspace()
    if kind == "Split":
        return {"type": "Split", "pattern": r.choice(PATTERNS), "behavior": r.choice(BEHAVIORS), "invert": flag()}
    if kind == "Punctuation":
        return {"type": "Punctuation", "behavior": r.choice(BEHAVIORS)} if flag() else {"type": "Punctuation"}
    if kind == "Digits":
        return {"type": "Digits", "individual_digits": flag()}
    if kind == "Chars":
        return {"type": "CharDelimiterSplit", "delimiter": r.choice([" ", "a", "é", "▁"])}
    if kind == "Sequence":
        return {"type": "Sequence", "pretokenizers": [pre_tokenizer(1) for _ in range(r.randint(0, 4))]} if depth == 0 else {"type": "Whitespace"}
    return {"type": kind}


def words(count):
    return ["".join(some(POOL, 4, 1)) for _ in range(count)]


def numbered(tokens):
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def bpe():
    alphabet = LETTERS if flag() else [letter for letter in POOL if len(letter) == 1]
    if r.random() < 0.3:
        alphabet = r.sample(alphabet, len(alphabet) * 2 // 3)
    byte_fallback = flag()
    tokens = ["<unk>", *alphabet, *(BYTES if byte_fallback and r.random() < 0.8 else BYTES[:r.randint(0, 256)])]
    affix = r.random()
    more = {}
    if affix < 0.1:
        more["continuing_subword_prefix"] = "##"
        tokens += ["##" + letter for letter in alphabet]
    elif affix < 0.2:
        more["end_of_word_suffix"] = "</w>"
        tokens += [letter + "</w>" for letter in alphabet]
    merges = []
    known = [token for token in tokens if not token.startswith("<")]
    for _ in range(r.randint(0, 60)):
        left, right = r.choice(known), r.choice(known)
        prefix = more.get("continuing_subword_prefix", "")
        whole = left + (right[len(prefix):] if prefix and right.startswith(prefix) else right)
        merges.append([left, right])
        tokens.append(whole)
        known.append(whole)
    if r.random() < 0.3:
        tokens += words(10)
    unk = r.choice(["<unk>", "<unk>", None])
    return {
        "type": "BPE", "dropout": None, "unk_token": unk, "fuse_unk": flag(), "byte_fallback": byte_fallback,
        "ignore_merges": flag(), "continuing_subword_prefix": None, "end_of_word_suffix": None, **more,
        "vocab": numbered(tokens), "merges": merges,
    }  # fmt: skip


def unigram():
    byte_fallback = flag()
    alphabet = r.sample([letter for letter in POOL if len(letter) == 1], 40)
    tokens = list(dict.fromkeys(["<unk>", *alphabet, *words(40), "▁", *(BYTES if byte_fallback and r.random() < 0.8 else BYTES[:r.randint(0, 40)])]))
    unk = r.choice([0, 0, 0, None, 5])
    return {"type": "Unigram", "unk_id": unk, "byte_fallback": byte_fallback, "vocab": [[token, round(-r.random() * 9, r.choice([0, 3]))] for token in tokens]}


def word_piece():
    prefix = r.choice(["##", "##", "", "▁"])
    letters = [letter for letter in POOL if len(letter) == 1]
    tokens = [*letters, *(prefix + letter for letter in letters), *words(30), *(prefix + word for word in words(30))]
    tokens = r.sample(tokens, len(tokens) * 3 // 4) + (["[UNK]"] if r.random() < 0.9 else [])
    return {
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": prefix,
        "max_input_chars_per_word": r.choice([0, 1, 2, 5, 100, 100]), "vocab": numbered(tokens),
    }


def word_level():
    tokens = words(60) + [letter for letter in POOL if len(letter) == 1] + (["[UNK]"] if r.random() < 0.7 else [])
    return {"type": "WordLevel", "vocab": numbered(tokens), "unk_token": "[UNK]"}


def added(model):
    vocab = [token for token, _ in model["vocab"]] if isinstance(model["vocab"], list) else list(model["vocab"])
    contents = dict.fromkeys(some(["<s>", "<mask>", "whale", "a", "ab", " b", "b ", "▁", "É", "東", "Ab", "é", "e\u0301", "'s", "…", "  ", *vocab[:30]], 4))
    following = max(len(vocab), 1)
    tokens = []
    for content in contents:
        at = vocab.index(content) if content in vocab else following
        following += content not in vocab
        tokens.append(
            {"id": at, "content": content, "single_word": r.random() < 0.3, "lstrip": r.random() < 0.3, "rstrip": r.random() < 0.3,
             "normalized": flag(), "special": flag()}
        )  # fmt: skip
    return sorted(tokens, key=lambda token: token["id"])


def tokenizer():
    model = r.choice([bpe, bpe, unigram, word_piece, word_level])()
    cut = {"direction": r.choice(["Left", "Right"]), "max_length": r.randint(1, 4), "strategy": "LongestFirst", "stride": 0}
    filled = {"strategy": {"Fixed": 6}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "<s>"}
    return {
        "version": "1.0", "truncation": cut if r.random() < 0.2 else None, "padding": filled if r.random() < 0.2 else None,
        "added_tokens": added(model) if r.random() < 0.6 else [],
        "normalizer": normalizer() if r.random() < 0.6 else None,
        "pre_tokenizer": pre_tokenizer() if r.random() < 0.8 else None,
        "post_processor": r.choice([None, {"type": "ByteLevel", "add_prefix_space": flag(), "trim_offsets": flag(), "use_regex": flag()}]),
        "decoder": None, "model": model,
    }  # fmt: skip


def encodings(saved, texts):
    """The ids of each text, or null for one on which the original gives up; null if it cannot read the tokenizer."""
    try:
        loaded = Tokenizer.from_str(json.dumps(saved))
    except Exception:
        return None
    loaded.no_truncation()
    loaded.no_padding()
    return [of_text(loaded, text) for text in texts]


def of_text(loaded, text):
    try:
        return loaded.encode(text, add_special_tokens=False).ids
    except BaseException:  # a panic is no Exception
        return None


def apart(saved, texts):
    """As `encodings`, in a process of its own: some panics end the process. None is then known of its texts."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(writing, "w") as out:
            json.dump(encodings(saved, texts), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else [None] * len(texts)


def main(count, seed):
    for k in range(count):
        r.seed(f"{seed}-{k}")
        saved = tokenizer()
        cases = ["".join(some(POOL, 12)) for _ in range(12)]
        print(json.dumps({"name": f"{seed}-{k}", "tokenizer": saved, "texts": cases, "ids": apart(saved, cases)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "0")
