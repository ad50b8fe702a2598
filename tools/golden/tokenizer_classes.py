"""What transformers' tokenizer classes make of a tokenizer.json, and golden files for packages/data.

    python3 tools/golden/tokenizer_classes.py packages/data

transformers 5 loads a tokenizer.json whole only if it finds no class for it. Most classes take its vocabulary alone and
build the rest themselves, from options of tokenizer_config.json. Each class is given a tokenizer.json of parts that no
class builds: what comes back is the class's own. Writes src/tokenizer/classes/generated/table.ts and
test/golden/classes/NAME.json. Made with transformers 5.23.
"""

import importlib
import inspect
import json
import pkgutil
import sys
import tempfile
import warnings
from itertools import product
from pathlib import Path

import transformers
from transformers import AutoTokenizer, models
from transformers.models.auto import tokenization_auto as auto
from transformers.tokenization_utils_tokenizers import TokenizersBackend
from tokenizers import pre_tokenizers

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()

SPECIAL = ["<s>", "</s>", "<unk>", "<pad>"]
LETTERS = sorted(pre_tokenizers.ByteLevel.alphabet())
WORDS = ["he", "hell", "ll", "hello", "Ġhe", "Ġw", "▁he", "▁w", "12", "lo"]
MERGES = [["h", "e"], ["l", "l"], ["he", "ll"], ["Ġ", "he"], ["Ġ", "w"], ["▁", "he"], ["▁", "w"], ["1", "2"], ["l", "o"]]
TOKENS = SPECIAL + LETTERS + ["▁", " "] + [f"<0x{i:02X}>" for i in range(256)] + WORDS
ODD_PARTS = {
    "normalizer": {"type": "Replace", "pattern": {"String": "\u0001"}, "content": "\u0002"},
    "pre_tokenizer": {"type": "CharDelimiterSplit", "delimiter": "\u0001"},
    "decoder": {"type": "Fuse"},
}
ODD_MODEL = {
    "dropout": None, "unk_token": "<pad>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
    "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
}
TEXTS = ["hello world", " he 12", "Hello  wORLD\n1234 e\u0301", "<s> hello</s> ll", "h", "", "東京 12"]
OPTIONS = {"add_prefix_space": (None, True, False), "legacy": (None, True, False)}


def classes():
    """Classes that build a tokenizer themselves, by name."""
    found = {}
    for module in pkgutil.iter_modules(models.__path__):
        try:
            loaded = importlib.import_module(f"transformers.models.{module.name}.tokenization_{module.name}")
        except (ModuleNotFoundError, NameError):
            continue
        for name, value in vars(loaded).items():
            own = inspect.isclass(value) and issubclass(value, TokenizersBackend) and value is not TokenizersBackend
            if own and "__init__" in value.__dict__:
                found[value.__name__] = value
    return dict(sorted(found.items()))


def template(*before):
    pieces = [{"SpecialToken": {"id": token, "type_id": 0}} for token in before]
    text = {"Sequence": {"id": "A", "type_id": 0}}
    special = {token: {"id": token, "ids": [TOKENS.index(token)], "tokens": [token]} for token in before}
    pair = [*pieces, text, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": [*pieces, text], "pair": pair, "special_tokens": special}


def tokenizer_json(parts, model, before):
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for i, token in enumerate(SPECIAL)
        ],
        **parts, "post_processor": template(*before),
        "model": {"type": "BPE", **model, "vocab": {token: i for i, token in enumerate(TOKENS)}, "merges": MERGES},
    }


def load(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_text(json.dumps(content))
        return AutoTokenizer.from_pretrained(folder)


def config_of(name, options):
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    given = {key: value for key, value in options.items() if value is not None}
    return {"tokenizer_class": name, **tokens, **given, "clean_up_tokenization_spaces": False}


def before_of(post):
    """The tokens that a post-processor puts before a text."""
    if post is None or post["type"] == "ByteLevel":
        return []
    if "cls" in post:
        return [post["cls"][0]]
    before = []
    for piece in post["single"]:
        if "Sequence" in piece:
            return before
        before.append(piece["SpecialToken"]["id"])


def built(name, options):
    """What the class builds: parts that it does not take from tokenizer.json."""
    made = []
    for before in ([], ["<pad>"]):
        files = {"tokenizer.json": tokenizer_json(ODD_PARTS, ODD_MODEL, before)}
        loaded = load(files | {"tokenizer_config.json": config_of(name, options)})
        if type(loaded).__name__ != name:
            raise ValueError(f"loaded as {type(loaded).__name__}")
        if loaded.backend_tokenizer.padding is not None:
            raise ValueError("pads")
        made.append(json.loads(loaded.backend_tokenizer.to_str()))
    own = {part: made[0][part] for part in ODD_PARTS if made[0][part] != ODD_PARTS[part]}
    own["model"] = {key: made[0]["model"][key] for key in ODD_MODEL if made[0]["model"][key] != ODD_MODEL[key]}
    afters = [before_of(one["post_processor"]) for one in made]
    if afters[0] == afters[1]:
        own["before"] = afters[0]
    return own


def table():
    """The classes whose tokenizer is known from their options, and the names of the others."""
    rows, others = {}, []
    for name, value in classes().items():
        has = inspect.signature(value.__init__).parameters
        keys = [key for key in OPTIONS if key in has]
        try:
            if value.model.__name__ != "BPE":
                raise ValueError(f"builds {value.model.__name__}")
            variants = [
                (dict(zip(keys, values)), built(name, dict(zip(keys, values))))
                for values in product(*(OPTIONS[key] for key in keys))
            ]
            if any(one.get("before", []) not in ([], ["<s>"]) for _, one in variants):
                raise ValueError("puts other tokens than BOS before a text")
        except Exception as error:
            print(f"{name} is not in the table: {str(error)[:100]}", file=sys.stderr)
            others.append(name)
            continue
        builds = []
        for _, one in variants:
            if one not in builds:
                builds.append(one)
        row = {"builds": builds}
        for token in ("bos", "unk"):
            default = has[f"{token}_token"].default if f"{token}_token" in has else None
            if isinstance(default, str):
                row[token] = default
        whens = [({key: value for key, value in when.items() if value is not None}, one) for when, one in variants]
        row["variants"] = [{"when": when, "builds": builds.index(one)} for when, one in whens if when]
        rows[name] = row
    return rows, others


def write_table(path, rows, others):
    """Rows hold what a class builds, without options first, and for which options it builds which."""
    generic = ("TokenizersBackend", "PythonBackend", "PreTrainedTokenizer", "MistralCommonBackend")
    types = {}
    for model_type, name in auto.TOKENIZER_MAPPING_NAMES.items():
        name = (name or "TokenizersBackend").removesuffix("Fast")
        types.setdefault("" if name in generic else name, []).append(model_type)
    line = lambda value: json.dumps(value, ensure_ascii=False)
    text = [
        f"// What the tokenizer classes of transformers {transformers.__version__} build: written by",
        "// tools/golden/tokenizer_classes.py. Do not edit.",
        'import type { ClassRow } from "../classes.js";', "",
        "/** Classes that build a tokenizer from a vocabulary and options. */",
        "export const rows: Readonly<Record<string, ClassRow>> = {",
        *(f"  {line(name)}: {line(row)}," for name, row in rows.items()), "};", "",
        "/** Classes that build one from more than is known here. */",
        f"export const others: readonly string[] = {line(others)};", "",
        "/** Model types by the class that belongs to them; none for the general one. */",
        f"export const typesOf: Readonly<Record<string, readonly string[]>> = {line(types)};", "",
        "/** Model types whose tokenizer_config.json names the wrong class. */",
        f"export const wrong: readonly string[] = {line(sorted(auto.MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS))};", "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(text))


def golden(rows):
    """What AutoTokenizer makes of two tokenizer.json that no class builds, by class, options and model type."""
    bytes_ = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    spaces = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    flags = ODD_MODEL | {"unk_token": "<unk>"}
    files = {
        "bytes": tokenizer_json(
            {"normalizer": {"type": "Lowercase"}, "pre_tokenizer": bytes_, "decoder": bytes_}, flags, ["<s>"]),
        "spaces": tokenizer_json(
            {"normalizer": {"type": "Lowercase"}, "pre_tokenizer": spaces, "decoder": spaces}, flags, []),
    }
    asked = [(name, options, None) for name in rows for options in ({}, {"add_prefix_space": True})]
    asked += [(f"{name}Fast", {"add_prefix_space": False}, None) for name in ("GPT2Tokenizer", "LlamaTokenizer")]
    asked += [("LlamaTokenizer", {"legacy": True}, None), ("GPTNeoXTokenizer", {"add_bos_token": True}, None)]
    asked += [("GPT2Tokenizer", {}, kind) for kind in ("llama", "olmo2", "phi3", "qwen2", "gpt2", "opt")]
    asked += [(None, {}, kind) for kind in ("qwen2", "gpt_neox", "olmo2")]
    asked += [("PreTrainedTokenizerFast", {}, kind) for kind in (None, "llama", "qwen2")]
    cases = []
    for file, (name, options, model_type) in product(files, asked):
        config = config_of(name, options)
        if name is None:
            del config["tokenizer_class"]
        model = {} if model_type is None else {"config.json": {"model_type": model_type}}
        loaded = load({"tokenizer.json": files[file], "tokenizer_config.json": config} | model)
        encoded = [loaded.backend_tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        cases.append({
            "file": file, "config": config, "modelType": model_type, "loaded": type(loaded).__name__,
            "ids": encoded,
            "before": before_of(json.loads(loaded.backend_tokenizer.to_str())["post_processor"]),
            "decoded": [loaded.decode(ids, skip_special_tokens=True) for ids in encoded],
        })
    return {"files": files, "texts": TEXTS, "cases": cases}


if __name__ == "__main__":
    package = Path(sys.argv[1])
    rows, others = table()
    write_table(package / "src/tokenizer/classes/generated/table.ts", rows, others)
    text = json.dumps(golden(rows), ensure_ascii=False)
    (package / "test/golden/classes.json").write_text(text.replace('{"file"', '\n{"file"') + "\n")
