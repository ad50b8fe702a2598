"""A PyTorch training process that a benchmark drives: one JSON command a line in, one JSON reply a line out.

  {"cmd": "setup", "config": {"layers", "hidden", "intermediate", "heads", "kvHeads", "vocab", "batch", "time"},
   "compile": false}
      -> {"ok": true, "params", "torch", "threads", "optimizer", "setupSeconds"}; compiles and takes WARMUP steps
  {"cmd": "steps", "count": 6}        -> {"ok": true, "seconds": [...], "loss": [...]}, one entry a step
  {"cmd": "gemm", "m", "n", "k"}      -> {"ok": true, "gflops": median, "best": highest}, of [m, k] x [n, k]^T
  {"cmd": "exit"}                     -> {"ok": true}, and the process ends, as it does at end of input

A command that fails replies {"ok": false, "error"}. Nothing else is written to stdout. Between commands the process
blocks in a read and its threads sleep, so that whatever it is compared with has the machine to itself.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import time

import torch
from model import Config, Trainer

WARMUP = 2
GEMM_SECONDS = 0.5


class Session:
    def __init__(self) -> None:
        self.trainer: Trainer | None = None

    def batch(self) -> torch.Tensor:
        config = self.trainer.config
        return torch.randint(0, config.vocab, (config.batch, config.time + 1))

    def setup(self, command: dict) -> dict:
        start = time.perf_counter()
        self.trainer = None
        gc.collect()
        torch.compiler.reset()
        torch.manual_seed(0)
        self.trainer = Trainer(Config(**command["config"]), bool(command.get("compile", False)))
        for _ in range(WARMUP):
            self.trainer.step(self.batch())
        return {
            "params": sum(parameter.numel() for parameter in self.trainer.model.parameters()),
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "optimizer": "AdamW(fused=True)",
            "setupSeconds": time.perf_counter() - start,
        }

    def steps(self, command: dict) -> dict:
        if self.trainer is None:
            raise ValueError("steps before setup")
        seconds, losses = [], []
        for tokens in [self.batch() for _ in range(command["count"])]:
            start = time.perf_counter()
            losses.append(self.trainer.step(tokens))
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "loss": losses}

    def gemm(self, command: dict) -> dict:
        m, n, k = command["m"], command["n"], command["k"]
        a, b, out = torch.randn(m, k), torch.randn(n, k), torch.empty(m, n)
        rates: list[float] = []
        end = time.perf_counter() + GEMM_SECONDS
        while len(rates) < 5 or time.perf_counter() < end:
            start = time.perf_counter()
            torch.mm(a, b.T, out=out)
            rates.append(2e-9 * m * n * k / (time.perf_counter() - start))
        return {"gflops": statistics.median(rates[1:]), "best": max(rates)}

    def exit(self, _command: dict) -> dict:
        return {}


def serve() -> None:
    # Libraries may print: the replies keep the real stdout, and everything else goes to stderr.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    session = Session()
    commands = {"setup": session.setup, "steps": session.steps, "gemm": session.gemm, "exit": session.exit}
    for line in sys.stdin:
        name = None
        try:
            command = json.loads(line)
            name = command.get("cmd")
            if name not in commands:
                raise ValueError(f"cmd must be one of {', '.join(commands)}, got {name!r}")
            reply = {"ok": True, **commands[name](command)}
        except Exception as error:  # the driver decides what a failed command means
            reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        if name == "exit":
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default: one a core")
    parser.add_argument("--self-check", action="store_true", help="compare loss, gradients and a step with HF's Llama")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.self_check:
        from self_check import run

        return run()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads", file=sys.stderr)
    serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
