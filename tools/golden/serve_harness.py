"""lm-evaluation-harness 0.4.13 through `cambium serve`, beside itself with transformers and beside `cambium eval`.

    pip install "lm_eval[api]==0.4.13" accelerate
    npx tsx --conditions=@cambium/source tools/golden/eval-models.ts MODELS
    python tools/golden/serve_harness.py MODELS/mha packages/eval/test/golden/rows

Compares every log-likelihood of every task that the folder has rows of. Served, the harness keeps one token less of what
is too long: transformers and `cambium eval` get a copy of the model with a context that much shorter. CPU, float32.
Exit status 1 where two differ by more than 1e-3.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lm_eval
import torch
from eval_tasks import TASKS, local_tasks
from lm_eval.models.huggingface import HFLM
from lm_eval.models.openai_completions import LocalCompletionsAPI
from lm_eval.tasks import TaskManager
from transformers import PreTrainedTokenizerFast

CAMBIUM = ["node", str(Path(__file__).parents[2] / "packages" / "cli" / "dist" / "main.js")]
LIMIT = 1e-3


def shortened(model: Path, folder: Path) -> Path:
    """A copy whose context is one token shorter."""
    copy = folder / "shortened"
    shutil.copytree(model, copy)
    config = json.loads((copy / "config.json").read_text())
    config["max_position_embeddings"] -= 1
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def flat(samples: list) -> list[tuple[float, bool | None]]:
    answers = []
    for sample in sorted(samples, key=lambda sample: sample["doc_id"]):
        for pair in (pair[0] for pair in sample["resps"]):
            answers.append(tuple(pair) if isinstance(pair, (list, tuple)) else (float(pair), None))
    return [(float(value), greedy) for value, greedy in answers]


def by_harness(lm, names: list[str], manager: TaskManager, limit: int | None) -> tuple[dict, dict]:
    found = lm_eval.simple_evaluate(model=lm, tasks=names, task_manager=manager, log_samples=True, bootstrap_iters=0, limit=limit)
    return {name: flat(found["samples"][name]) for name in names}, found["results"]


def by_cambium(model: Path, rows: Path, out: Path, tasks: list[str], limit: int | None) -> tuple[dict, dict]:
    limited = [] if limit is None else ["--limit", str(limit)]
    command = [*CAMBIUM, "eval", str(model), "--data", str(rows), "--tasks", ",".join(tasks), "--out", str(out), "--json"]
    results = json.loads(subprocess.run([*command, *limited], check=True, stdout=subprocess.PIPE).stdout)["results"]
    scores = {}
    for task in tasks:
        lines = (out / f"{task}.scores.jsonl").read_text().splitlines()[1:]
        known = {line["sequence"]: line for line in map(json.loads, lines)}
        scores[task] = [(sum(known[i]["logLikelihoods"]), known[i]["greedy"]) for i in sorted(known)]
    return scores, results


def served(model: Path, log: Path) -> tuple[subprocess.Popen, str]:
    # To a file: a full pipe that nobody reads would block the server.
    with log.open("w") as out:
        server = subprocess.Popen([*CAMBIUM, "serve", str(model), "--port", "0", "--json"], stdout=out)
    while "\n" not in log.read_text():
        time.sleep(0.1)
    return server, json.loads(log.read_text().splitlines()[0])["url"]


def compare(what: str, ours: dict, theirs: dict) -> bool:
    fine = True
    for task, scores in theirs.items():
        pairs = list(zip(ours[task], scores, strict=False))
        # A window is a request here and a document there, so rolling sums are compared as a whole.
        if len(ours[task]) != len(scores):
            pairs = [((sum(v for v, _ in ours[task]), None), (sum(v for v, _ in scores), None))]
        worst = max(abs(a[0] - b[0]) for a, b in pairs)
        greedy = sum(a[1] != b[1] for a, b in pairs if a[1] is not None and b[1] is not None)
        fine &= worst < LIMIT and greedy == 0
        print(f"{what:38} {task:22} {len(pairs):5} log-likelihoods, largest difference {worst:.1e}, greedy unequal {greedy}", flush=True)
    return fine


def main() -> None:
    model, rows = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else None
    torch.set_num_threads(2)
    context = json.loads((model / "config.json").read_text())["max_position_embeddings"]
    tasks = [name for name in TASKS if (rows / f"{name}.jsonl").exists()]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = [name for name in local_tasks(rows, folder) if name.removeprefix("local_") in tasks]
        manager = TaskManager(include_path=str(folder))
        short = shortened(model, folder)
        # Loaded from its file: AutoTokenizer would substitute Qwen's own pattern, by the model's type.
        tokenizer = PreTrainedTokenizerFast.from_pretrained(model)
        tokenizer.save_pretrained(folder / "tokenizer")
        server, url = served(model, folder / "serve.jsonl")
        try:
            api = LocalCompletionsAPI(
                base_url=f"{url}/v1/completions", model=model.name, tokenizer=str(folder / "tokenizer"),
                tokenizer_backend="huggingface", tokenized_requests=True, add_bos_token=True,
                max_length=context + 1, batch_size=16,
            )
            through_serve, served_results = by_harness(api, names, manager, limit)
        finally:
            server.terminate()
            print("the server ended with", server.wait(20))
        hf = HFLM(pretrained=str(short), tokenizer=tokenizer, device="cpu", dtype="float32", batch_size=16)
        by_transformers, results = by_harness(hf, names, manager, limit)
        by_eval, eval_results = by_cambium(short, rows, folder / "out", tasks, limit)
        by_eval = {f"local_{name}": scores for name, scores in by_eval.items()}
        fine = compare("serve and harness with transformers", through_serve, by_transformers)
        fine &= compare("serve and cambium eval", through_serve, by_eval)
        for name in names:
            figures = {k: v for k, v in results[name].items() if "," in k and "stderr" not in k}
            for key, value in figures.items():
                ours = [served_results[name][key], eval_results[name.removeprefix("local_")][key]]
                print(f"{name:22} {key:22} transformers {value:.6f}  served {ours[0]:.6f}  cambium eval {ours[1]:.6f}")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
