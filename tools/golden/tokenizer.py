"""Golden files for packages/data: small tokenizers of the kinds that models use, and how the original encodes with them.

    python3 tools/golden/tokenizer.py packages/data/test/golden

Existing tokenizers are kept, because two of the trainers never give the same vocabulary twice. Made with tokenizers
0.23.3.
"""

import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

# Herman Melville, Moby-Dick, chapter 1; and lines with characters that the book lacks.
TRAINING = [
    "Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and "
    "nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of "
    "the world.",
    "It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim "
    "about the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing "
    "before coffin warehouses, and bringing up the rear of every funeral I meet.",
    "This is my substitute for pistol and ball. With a philosophical flourish Cato throws himself upon his sword; I "
    "quietly take to the ship. There is nothing surprising in this.",
    "for (int i = 0; i < 1024; i++) { total += values[i]; }  // 3.14159",
    "Größe, façade, naïve, Ελλάδα, Россия, 東京, مرحبا",
]

TEXTS = [
    "Call me Ishmael.",
    "It is a damp, drizzly November in my soul",
    " leading and trailing spaces  ",
    "one\ntwo\n\nthree\r\nfour\tfive   six\u00a0seven\u3000eight",
    "\n\n   \n",
    " ",
    "",
    "Größe façade naïve coöperate",
    "e\u0301 is not \u00e9; \ufb01ne \u00bd \u2460",
    "東京は日本の首都です。 안녕하세요 Привет مرحبا שלום",
    "🐋 👩\u200d👩\u200d👧 🇬🇧 𝔐𝔬𝔟𝔶",
    "I'll don't we've HE'LL they'd",
    "1 12 123 1234 12345.6789 -1e-5",
    "<s>a</s> <|endoftext|> [UNK] <unk> <|end",
    "a\u0000b\u0007c\u200bd\ufeffe",
    "__init__(self, *args) -> None: # x²",
    "x" * 300,
    "the the the the " * 20,
    "Ѐ\U0010ffff\uffff",
]


def trainer(kind, size, special):
    return kind(vocab_size=size, special_tokens=special, show_progress=False)


def byte_level():
    """GPT-2: bytes as letters, its own splitting, no unknown token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    train = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TRAINING, train)
    return tokenizer, {"eos_token": "<|endoftext|>", "clean_up_tokenization_spaces": False}


def llama_3():
    """Llama 3: a splitting pattern of its own, digits by three, bytes as letters, special tokens after the rest."""
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+"
    )
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        TRAINING, trainers.BpeTrainer(vocab_size=380, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", begin)]
    )
    return tokenizer, {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}


def llama_2():
    """Llama 2: spaces as a letter, unknown characters as bytes, a token before each text."""
    special = ["<unk>", "<s>", "</s>"]
    bytes_ = [f"<0x{i:02X}>" for i in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.train_from_iterator(TRAINING[:3], trainer(trainers.BpeTrainer, 450, special + bytes_))
    # The bytes are ordinary tokens of the model; only the first three are special.
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = [token for token in saved["added_tokens"] if token["content"] in special]
    tokenizer = Tokenizer.from_str(json.dumps(saved))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    content = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "__type": "AddedToken"}
    return tokenizer, {"bos_token": {**content, "content": "<s>"}, "eos_token": {**content, "content": "</s>"}}


def word_piece():
    """BERT: lower case, accents off, pieces of words."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.train_from_iterator(TRAINING, trainer(trainers.WordPieceTrainer, 300, special))
    return tokenizer, None


def unigram():
    """SentencePiece's other model, as in T5: the most likely pieces."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    train = trainers.UnigramTrainer(
        vocab_size=180, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TRAINING, train)
    return tokenizer, {"eos_token": "</s>"}


def no_unknown():
    """A vocabulary that lacks characters and has no unknown token; an added token that is not special."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(TRAINING[:3], trainer(trainers.BpeTrainer, 120, []))
    tokenizer.add_tokens([AddedToken("Ishmael", single_word=False, normalized=False)])
    return tokenizer, None


def main(out):
    for make in [byte_level, llama_3, llama_2, word_piece, unigram, no_unknown]:
        folder = out / make.__name__.replace("_", "-")
        if not (folder / "tokenizer.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            tokenizer, config = make()
            tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
            if config is not None:
                (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        cases = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
        expected = {"vocabSize": tokenizer.get_vocab_size(with_added_tokens=True), "cases": cases}
        lines = ",\n".join(json.dumps(case) for case in expected["cases"])
        (folder / "encodings.json").write_text(f'{{"vocabSize": {expected["vocabSize"]}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
