"""The speed of `cambium eval` and of lm-evaluation-harness: arc_easy's 2,376 questions, a model of 6 layers × 256, on the CPU.

    pip install lm_eval==0.4.13
    python tools/golden/eval_speed.py ROWS.jsonl [--vocab 8192] [--turns 2] [--batch 64] [--threads 2] [--cambium "node packages/cli/dist/main.js"]

ROWS has rows of arc_easy as on the hub. If there are fewer than 2,376, more are made by combining questions with the
choices of others, because repeated requests would be computed only once. The tokenizer is byte-level BPE trained on them.
Both programs run the whole task in turns (A B A B), each in its own process; wall-clock and processor seconds, start-up
included, are printed with the ratio of the medians.
"""

import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUESTIONS = 2376

HARNESS = """
import json, sys, torch
torch.set_num_threads({threads})
import lm_eval
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
model = HFLM(pretrained={model!r}, device="cpu", dtype="float32", batch_size={batch})
done = lm_eval.simple_evaluate(model=model, tasks=["arc_easy_here"], bootstrap_iters=0, task_manager=TaskManager(include_path={tasks!r}))
print(json.dumps(done["results"]["arc_easy_here"], default=str), file=sys.stderr)
"""


def rows(path: Path) -> list[dict]:
    given = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    made = []
    for i in range(QUESTIONS):
        turn, at = divmod(i, len(given))
        made.append({**given[(at + 7 * turn) % len(given)], "question": (f"{turn}. " if turn > 0 else "") + given[at]["question"]})
    return made


def make(folder: Path, questions: list[dict], vocab: int) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = [" ".join([row["question"], *row["choices"]["text"]]) for row in questions]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|end|>"]
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=vocab, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special[0]).save_pretrained(folder / "model")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocab, hidden_size=256, intermediate_size=688, num_hidden_layers=6, num_attention_heads=4,
        max_position_embeddings=512, tie_word_embeddings=False, initializer_range=0.05, bos_token_id=None, eos_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    (folder / "data").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in questions)
    (folder / "data" / "arc_easy.jsonl").write_text(lines)
    (folder / "tasks").mkdir()
    files = json.dumps({"test": str(folder / "data" / "arc_easy.jsonl")})
    (folder / "tasks" / "here.yaml").write_text(
        f"include: {arc_yaml()}\ntask: arc_easy_here\ndataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs: {{data_files: {files}}}\ntraining_split: null\nvalidation_split: null\ntest_split: test\n"
    )


def arc_yaml() -> Path:
    import lm_eval

    return Path(lm_eval.__file__).parent / "tasks" / "arc" / "arc_easy.yaml"


def timed(command: list[str], **options) -> tuple[float, float, str]:
    """Seconds of the clock, of processors, and what stood last on stderr or stdout."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, **options)
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.stderr[-3000:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, (done.stdout.strip() or done.stderr.strip()).splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=Path)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--batch", default="64")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cambium", default="node packages/cli/dist/main.js")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp())
    if not (folder / "model").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make(folder, rows(given.rows), given.vocab)
    parts = {"threads": given.threads, "model": str(folder / "model"), "batch": given.batch, "tasks": str(folder / "tasks")}
    harness = [sys.executable, "-c", HARNESS.format(**parts)]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(given.threads)}
    taken: dict[str, list[tuple[float, float]]] = {"harness": [], "cambium": []}
    for turn in range(given.turns):
        out = tempfile.mkdtemp()
        ours = [*shlex.split(given.cambium), "eval", str(folder / "model"), "--data", str(folder / "data"), "--tasks", "arc_easy"]
        ours += ["--out", out, "--json", "--backend", "onnx"]
        for name, run in (("cambium", lambda: timed(ours)), ("harness", lambda: timed(harness, env=offline))):
            wall, cpu, said = run()
            taken[name].append((wall, cpu))
            print(f"{name}: {wall:.1f} s, {cpu:.1f} s of processors", flush=True)
            if turn == 0:
                print(said[:300])
    for at, what in ((0, "the clock"), (1, "processors")):
        ratio = statistics.median(t[at] for t in taken["harness"]) / statistics.median(t[at] for t in taken["cambium"])
        print(f"ratio by {what}: {ratio:.2f}")


main()
