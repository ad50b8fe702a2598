"""Golden files for packages/eval: what lm-evaluation-harness 0.4.13 computes for eight tasks on three small models.

    pip install lm_eval==0.4.13
    npx tsx --conditions=@cambium/source tools/golden/eval-models.ts MODELS
    python tools/golden/eval_tasks.py MODELS packages/eval/test/golden

Writes rows/TASK.jsonl, made up from a seed with what texts in the wild have (white space of all kinds, other scripts,
quotes, empty pieces, texts beyond the context), and MODEL.json: by task the log-likelihood of every request, which of
them are greedy, and the figures. CPU, float32.
"""

import json
import random
import sys
import tempfile
from pathlib import Path

import lm_eval
import torch
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from transformers import PreTrainedTokenizerFast

ROWS = 200
WORDS = (
    "whale ship sea captain Ahab harpoon voyage deck storm the a of and in it was not ocean, deep. blue; (white) "
    "“strange” naïve façade Größe Ελλάδα Россия 東京 مرحبا 🐋 e\u0301 12 3.14 1,024 it's don't \"quoted\" [note] x\u00a0y"
).split(" ")


def text(rng: random.Random, low: int, high: int) -> str:
    words = [rng.choice(WORDS) for _ in range(rng.randint(low, high))]
    return "".join(word + rng.choice([" "] * 9 + ["  ", "\n", "\t"]) for word in words).strip(" ")


def arc(rng: random.Random) -> dict:
    count = rng.choice([3, 4, 4, 4, 5])
    label = rng.choice([list("ABCDE"), list("12345")])[:count]
    return {
        "question": text(rng, 2, 14) + rng.choice(["?", "", " ", "?\n"]),
        "choices": {"text": [text(rng, 1, 4) for _ in label], "label": label},
        "answerKey": rng.choice(label),
    }


def lambada(rng: random.Random) -> dict:
    return {"text": text(rng, 3, 30) + " " + rng.choice(["whale", "Größe", "it's", "🐋", "12"])}


def logiqa(rng: random.Random) -> dict:
    return {
        "label": rng.choice(["a", "b", "c", "d", " b", "d\n"]),
        "context": text(rng, 3, 20),
        "question": text(rng, 2, 6) + "?",
        "options": [text(rng, 1, 4) for _ in range(4)],
    }


def piqa(rng: random.Random) -> dict:
    return {
        "goal": text(rng, 1, 10),
        "sol1": text(rng, 1, 8) + rng.choice(["", " "]),
        "sol2": text(rng, 1, 8),
        "label": rng.randint(0, 1),
    }


def sciq(rng: random.Random) -> dict:
    row = {"question": text(rng, 2, 8) + "?", "support": rng.choice(["", "\n ", "\u0085\u2003"]) + rng.choice([text(rng, 3, 16), ""])}
    return row | {name: text(rng, 1, 3) for name in ["distractor1", "distractor2", "distractor3", "correct_answer"]}


def winogrande(rng: random.Random) -> dict:
    return {
        "sentence": text(rng, 1, 8) + " _ " + text(rng, 1, 8) + rng.choice(["", ".", " ", " _ again"]),
        "option1": rng.choice(["the whale", "Ahab", "Ελλάδα"]),
        "option2": rng.choice(["the ship", "the captain", "it"]),
        "answer": rng.choice("12"),
    }


def wikitext(rng: random.Random) -> dict:
    marks = [" @-@ ", " @,@ ", " @.@ ", " , ", " . ", " ( a b ) ", " [ x ] ", " { y } ", ' " said " ', " ' so ' ", " = = ", " = = = ",
             " = = = = ", " ° ", " N ", " 's ", " s ' ", " ; ", " : ", " ! ", " ? ", " \n", "\n ", " ( \u0085 z\x1f) ", " /' 1/ "]
    page = "".join(text(rng, 1, 3) + rng.choice(marks) for _ in range(rng.randint(1, 8)))
    return {"page": rng.choice([" \n", "", "\x1c"]) + page}


TASKS = {
    "lambada_openai": lambada,
    "arc_challenge": arc,
    "arc_easy": arc,
    "logiqa": logiqa,
    "piqa": piqa,
    "sciq": sciq,
    "winogrande": winogrande,
    "wikitext": wikitext,
}


def write_rows(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TASKS.items():
        rng = random.Random(name)
        lines = [json.dumps(make(rng), ensure_ascii=False) for _ in range(ROWS)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def local_tasks(rows: Path, folder: Path) -> list[str]:
    """The harness's own task files, with another place for the rows."""
    manager = TaskManager()
    originals = {name: manager.task_index[name].yaml_path for name in TASKS}
    names = []
    for name, original in originals.items():
        split = {"piqa": "validation", "winogrande": "validation"}.get(name, "test")
        local = f"local_{name}"
        lines = [
            f"include: {original}",
            f"task: {local}",
            "dataset_path: json",
            "dataset_name: null",
            f"dataset_kwargs: {{data_files: {{{split}: {rows / (name + '.jsonl')}}}}}",
            "training_split: null",
            f"validation_split: {split if split == 'validation' else 'null'}",
            f"test_split: {split if split == 'test' else 'null'}",
        ]
        (folder / f"{local}.yaml").write_text("\n".join(lines) + "\n")
        names.append(local)
    return names


def main() -> None:
    models, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    torch.set_num_threads(2)
    write_rows(out / "rows")
    with tempfile.TemporaryDirectory() as folder:
        names = local_tasks(out / "rows", Path(folder))
        manager = TaskManager(include_path=folder)
        for model in sorted(models.iterdir()):
            # Loaded from its file: AutoTokenizer would substitute Qwen's own pattern, by the model's type.
            tokenizer = PreTrainedTokenizerFast.from_pretrained(model)
            harness = HFLM(pretrained=str(model), tokenizer=tokenizer, device="cpu", dtype="float32", batch_size=16)
            found = lm_eval.simple_evaluate(model=harness, tasks=names, task_manager=manager, log_samples=True, bootstrap_iters=20000)
            golden = {}
            for name in TASKS:
                samples = sorted(found["samples"][f"local_{name}"], key=lambda sample: sample["doc_id"])
                answers = [[pair[0] for pair in sample["resps"]] for sample in samples]
                pairs = [[pair if isinstance(pair, (list, tuple)) else [pair] for pair in doc] for doc in answers]
                golden[name] = {
                    "logLikelihoods": [[round(float(pair[0]), 4) for pair in doc] for doc in pairs],
                    "greedy": [[bool(pair[1]) for pair in doc] if len(doc[0]) > 1 else [] for doc in pairs],
                    "results": {k: v for k, v in found["results"][f"local_{name}"].items() if "," in k},
                }
            (out / f"{model.name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
