"""Golden files for packages/data: small tokenizers of many constructions, and how the original encodes hard texts.

    python3 tools/golden/tokenizer_kinds.py packages/data/test/golden/kinds

One file per tokenizer: tokenizer.json, the ids of each text (without and with special tokens) and the ids decoded.
Existing tokenizers are kept, because not every trainer gives the same vocabulary twice. Made with tokenizers 0.23.3.
"""

import json
import sys
from pathlib import Path

from tokenizer import TRAINING
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, processors, trainers
from tokenizers import pre_tokenizers as pre

TEXTS = [
    "Call me Ishmael, it's NOVEMBER; I'll sail 1851 times!",
    "café cafe\u0301 naïve Größe ﬁne ½ ① Ⅷ km²",
    "東京は日本の首都です。안녕하세요 Привет ёлка مرحبا שלום ไทย हिन्दी",
    "🐋👩\u200d👩\u200d👧🇬🇧 𝔐𝔬𝔟𝔶 \u200b\ufeffe\u00adx",
    " two  spaces\tand\ttabs\r\nnew\n\n\nlines \u00a0nbsp\u3000wide \u2028ls ",
    "a\u0000b\u0007c\u001fd\u007fe",
    "for (int i=0;i<1024;i++){x+=v[i];} // 3.14e-5 a_b@c.de 'quoted' \"double\"",
    "<s>a</s> <sep>b <SEP> x<mask>y whale whales narwhale [UNK] <unk>",
    "x" * 120 + " " + "ab" * 60,
    "१२३ ٣٤٥ 12 1234567",
    "",
    " ",
]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
BYTES = [f"<0x{i:02X}>" for i in range(256)]
LETTERS = sorted(pre.ByteLevel.alphabet())
GPT4 = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)


def bpe(pretokenizer, *, size=150, normalizer=None, decoder=None, special=("[UNK]",), alphabet=(), limit=None, **options):
    """BPE over what `pretokenizer` cuts; without an alphabet, that of the text."""
    tokenizer = Tokenizer(models.BPE(**({"unk_token": special[0]} if special else {}) | options))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pretokenizer:
        tokenizer.pre_tokenizer = pretokenizer
    if decoder:
        tokenizer.decoder = decoder
    affixes = {key: options[key] for key in ["continuing_subword_prefix", "end_of_word_suffix"] if key in options}
    train = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), initial_alphabet=list(alphabet), show_progress=False,
        **({"limit_alphabet": limit} if limit else {}), **affixes,
    )
    tokenizer.train_from_iterator(TRAINING, train)
    return tokenizer


def byte_level(pretokenizer, *, size=290, **options):
    return bpe(pretokenizer, size=size, decoder=decoders.ByteLevel(), special=(), alphabet=LETTERS, **options)


def split(pattern, behavior, invert=False):
    return pre.Sequence([pre.Split(pattern, behavior, invert), pre.ByteLevel(add_prefix_space=False, use_regex=False)])


def changed(tokenizer, change):
    saved = json.loads(tokenizer.to_str())
    change(saved)
    return Tokenizer.from_str(json.dumps(saved))


def sentence_piece(scheme=None, *, fuse=True, ignore_merges=False):
    """As Llama 2 and Mistral write it: bytes for what the vocabulary has not."""
    special = ["<unk>", "<s>", "</s>"]
    metaspace = pre.Metaspace(prepend_scheme=scheme, split=False) if scheme else None
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=fuse, ignore_merges=ignore_merges))
    if metaspace:
        tokenizer.pre_tokenizer = metaspace
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    train = trainers.BpeTrainer(vocab_size=330, special_tokens=special + BYTES, show_progress=False)
    tokenizer.train_from_iterator(TRAINING[:3], train)

    def plain(saved):
        saved["added_tokens"] = [token for token in saved["added_tokens"] if token["content"] in special]

    return changed(tokenizer, plain)


def unigram(*, byte_fallback=False, normalizer=None, pretokenizer=None):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer or normalizers.NFKC()
    tokenizer.pre_tokenizer = pretokenizer or pre.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    train = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TRAINING, train)
    if not byte_fallback:
        return tokenizer

    def bytes_too(saved):
        lowest = min(score for _, score in saved["model"]["vocab"]) - 1
        saved["model"]["vocab"] += [[byte, lowest] for byte in BYTES]
        saved["model"]["byte_fallback"] = True
        saved["decoder"] = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, saved["decoder"]]}

    return changed(tokenizer, bytes_too)


def word_piece(normalizer, pretokenizer, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", **options))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pretokenizer
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    train = trainers.WordPieceTrainer(vocab_size=160, special_tokens=WORDS, show_progress=False)
    tokenizer.train_from_iterator(TRAINING, train)
    return tokenizer


def word_level(pretokenizer, normalizer=None):
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pretokenizer
    tokenizer.train_from_iterator(TRAINING, trainers.WordLevelTrainer(vocab_size=90, special_tokens=WORDS, show_progress=False))
    return tokenizer


def with_tokens(tokenizer, *tokens):
    tokenizer.add_tokens(list(tokens))
    return tokenizer


def with_special(tokenizer, *tokens):
    tokenizer.add_special_tokens(list(tokens))
    return tokenizer


def around(tokenizer, template, *names):
    special = [(name, tokenizer.token_to_id(name)) for name in names]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    return tokenizer


def bert():
    return word_piece(normalizers.BertNormalizer(), pre.BertPreTokenizer())


KINDS = {
    "bpe-whitespace": lambda: bpe(pre.Whitespace()),
    "bpe-whitespace-split": lambda: bpe(pre.WhitespaceSplit()),
    "bpe-punctuation-isolated": lambda: bpe(pre.Sequence([pre.WhitespaceSplit(), pre.Punctuation("isolated")])),
    "bpe-punctuation-contiguous": lambda: bpe(pre.Punctuation("contiguous")),
    "bpe-punctuation-removed": lambda: bpe(pre.Punctuation("removed")),
    "bpe-digits": lambda: bpe(pre.Sequence([pre.Whitespace(), pre.Digits(individual_digits=True)])),
    "bpe-digits-together": lambda: bpe(pre.Sequence([pre.Whitespace(), pre.Digits(individual_digits=False)])),
    "bpe-scripts": lambda: bpe(pre.Sequence([pre.UnicodeScripts(), pre.WhitespaceSplit()])),
    "bpe-delimiter": lambda: bpe(pre.CharDelimiterSplit(";")),
    "bpe-no-pre-tokenizer": lambda: bpe(None),
    "bpe-fuse-unknown": lambda: bpe(pre.Whitespace(), fuse_unk=True),
    "bpe-subword-prefix": lambda: bpe(pre.Whitespace(), continuing_subword_prefix="##"),
    "bpe-end-of-word": lambda: bpe(pre.Whitespace(), end_of_word_suffix="</w>", decoder=decoders.BPEDecoder()),
    "bpe-few-letters": lambda: bpe(pre.Whitespace(), limit=20, size=60),
    "gpt-2": lambda: byte_level(pre.ByteLevel(add_prefix_space=False)),
    "gpt-2-prefix-space": lambda: byte_level(pre.ByteLevel(add_prefix_space=True)),
    "gpt-4": lambda: byte_level(split(Regex(GPT4), "isolated")),
    "split-removed": lambda: byte_level(split(Regex(r"\s+"), "removed")),
    "split-merged-next": lambda: byte_level(split(Regex(r"\s"), "merged_with_next")),
    "split-merged-previous": lambda: byte_level(split(" ", "merged_with_previous")),
    "split-contiguous": lambda: byte_level(split(Regex(r"[A-Z]"), "contiguous")),
    "split-inverted": lambda: byte_level(split(Regex(r"\w+|[^\w\s]"), "isolated", True)),
    "split-punctuation": lambda: byte_level(split(Regex(r"[[:punct:]]+"), "isolated")),
    "split-no-punctuation": lambda: byte_level(split(Regex(r"[^\]\s[:punct:]]+|[[:^punct:][:digit:]]"), "merged_with_next")),
    "replace-punctuation": lambda: byte_level(
        pre.ByteLevel(add_prefix_space=False), normalizer=normalizers.Replace(Regex(r"[a-c[:punct:]]"), "_")
    ),
    "deepseek": lambda: byte_level(
        pre.Sequence(
            [
                pre.Split(Regex(r"[\r\n]"), "isolated"),
                pre.Split(Regex(r"\s?\p{L}+"), "isolated"),
                pre.Split(Regex(r"[一-龥ࠀ-一가-퟿]+"), "isolated"),
                pre.Digits(individual_digits=True),
                pre.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    ),
    "ignore-merges": lambda: byte_level(pre.ByteLevel(add_prefix_space=False), ignore_merges=True),
    "nfc": lambda: byte_level(pre.ByteLevel(add_prefix_space=False), normalizer=normalizers.NFC()),
    "nfkd-accents-off": lambda: byte_level(
        pre.ByteLevel(add_prefix_space=False),
        normalizer=normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]),
    ),
    "strip-replace": lambda: byte_level(
        pre.ByteLevel(add_prefix_space=False),
        normalizer=normalizers.Sequence([normalizers.Strip(), normalizers.Replace(Regex(r"\s+"), " ")]),
    ),
    "nmt": lambda: byte_level(pre.ByteLevel(add_prefix_space=False), normalizer=normalizers.Nmt()),
    "byte-normalizer": lambda: bpe(
        None, normalizer=normalizers.ByteLevel(), decoder=decoders.ByteLevel(), special=(), alphabet=LETTERS, size=290
    ),
    "llama-legacy": lambda: sentence_piece(),
    "llama-first": lambda: sentence_piece("first"),
    "llama-always": lambda: sentence_piece("always"),
    "llama-never": lambda: sentence_piece("never", fuse=False),
    "unigram": unigram,
    "unigram-bytes": lambda: unigram(byte_fallback=True),
    "unigram-albert": lambda: unigram(
        normalizer=normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.NFKD(), normalizers.StripAccents()]),
        pretokenizer=pre.Sequence([pre.WhitespaceSplit(), pre.Metaspace()]),
    ),
    "bert": bert,
    "bert-cased": lambda: word_piece(normalizers.BertNormalizer(lowercase=False), pre.BertPreTokenizer()),
    "bert-chinese-together": lambda: word_piece(
        normalizers.BertNormalizer(handle_chinese_chars=False, strip_accents=False), pre.BertPreTokenizer()
    ),
    "word-piece-short": lambda: word_piece(normalizers.Lowercase(), pre.Whitespace(), max_input_chars_per_word=5),
    "word-level": lambda: word_level(pre.Whitespace()),
    "word-level-characters": lambda: word_level(pre.Split(Regex(r"[\s\S]"), "isolated")),
    "added-single-word": lambda: with_tokens(
        byte_level(pre.ByteLevel(add_prefix_space=False)), AddedToken("whale", single_word=True, normalized=False)
    ),
    "added-stripped": lambda: with_special(
        byte_level(pre.ByteLevel(add_prefix_space=False)),
        AddedToken("<mask>", lstrip=True, rstrip=True),
        AddedToken("<sep>", rstrip=True, special=True),
    ),
    "added-normalized": lambda: with_tokens(bert(), AddedToken("<sep>", normalized=True), AddedToken("Whale", normalized=True)),
    "template-llama-3": lambda: around(
        with_special(byte_level(pre.ByteLevel(add_prefix_space=False), ignore_merges=True), "<s>", "</s>"), "<s> $A", "<s>"
    ),
    "template-bert": lambda: around(bert(), "[CLS] $A [SEP]", "[CLS]", "[SEP]"),
    "template-two": lambda: around(
        with_special(byte_level(pre.ByteLevel(add_prefix_space=False)), "<s>", "<sep>"), "<s> <sep> $A", "<s>", "<sep>"
    ),
}


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    for name, make in KINDS.items():
        path = out / f"{name}.json"
        tokenizer = Tokenizer.from_str(json.dumps(json.loads(path.read_text())["tokenizer"])) if path.exists() else make()
        cases = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            whole = tokenizer.encode(text, add_special_tokens=True).ids
            cases.append({"text": text, "ids": ids, "whole": whole, "decoded": tokenizer.decode(ids)})
        lines = ",\n".join(json.dumps(case) for case in cases)
        saved = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=True, separators=(",", ":"))
        path.write_text(f'{{"tokenizer": {saved},\n"cases": [\n{lines}\n]}}\n')
    print(len(KINDS), "tokenizers")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
