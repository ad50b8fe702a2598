"""PyTorch as a peer of `cambium bench`: one JSON command per line in, one JSON reply per line out (../README.md).

It trains (suites step and train), multiplies (gemm, gemm-peak) and adds long vectors (stream-peak). Between commands the
process blocks in a read and its threads sleep, so that whatever it is compared with has the machine to itself.
"""

import argparse
import platform
import sys
import time
from pathlib import Path

import torch
from model import Config, Trainer

sys.path.append(str(Path(__file__).resolve().parent.parent))
import serve  # noqa: E402

# Steps whose losses are compared with the same steps in float64.
COMPARED = 2
# Rounding of f32 in two steps, and of products in bf16 (8 bits).
TOLERANCE = {"f32": 1e-4, "bf16": 2e-2}


class Training:
    def __init__(self, size: dict, options: argparse.Namespace) -> None:
        self.config = Config(**size)
        self.options = options
        torch.manual_seed(0)
        self.trainer = Trainer(self.config, options.compile, options.bf16)
        self.work = {"tokens": self.config.batch * self.config.context, "flops": step_flops(self.config)}
        self.engaged = {**precision(options), "attention": "fused", "features": ["scaled_dot_product_attention"]}

    def batch(self, config: Config) -> torch.Tensor:
        return torch.randint(0, config.vocab, (config.batch, config.context + 1))

    def run(self) -> None:
        self.trainer.step(self.batch(self.config))

    def parity(self) -> dict:
        small = Config(**{**vars(self.config), "layers": min(self.config.layers, 2), "batch": 1, "context": 8})
        losses = []
        for dtype in (torch.float32, torch.float64):
            torch.manual_seed(1)
            trainer = Trainer(small, False, self.options.bf16 and dtype == torch.float32)
            trainer.model.to(dtype)
            torch.manual_seed(2)
            losses.append([trainer.step(self.batch(small)) for _ in range(COMPARED)])
        error, against = furthest(*losses), f"{COMPARED} losses in float64"
        if self.options.compile:
            error = max(error, furthest(*self.compiled_losses()))
            against += f"; {COMPARED} of the compiled function, as it was timed, uncompiled in f32"
        return judged(error, TOLERANCE["bf16" if self.options.bf16 else "f32"], against)

    def compiled_losses(self) -> list[list[float]]:
        """Losses of steps on one batch: of the compiled function, and of what it was compiled from."""
        plain, tokens = self.trainer.uncompiled(), self.batch(self.config)
        return [[trainer.step(tokens) for _ in range(COMPARED)] for trainer in (self.trainer, plain)]


class Product:
    def __init__(self, size: dict, options: argparse.Namespace) -> None:
        m, n, k = size["m"], size["n"], size["k"]
        dtype = torch.bfloat16 if options.bf16 else torch.float32
        self.tolerance = TOLERANCE["bf16"] if options.bf16 else max(1e-5, 6e-8 * k)
        self.a, self.b = torch.randn(m, k).to(dtype), torch.randn(k, n).to(dtype)
        self.out = torch.empty(m, n, dtype=dtype)
        self.work, self.engaged = {"flops": 2 * m * n * k}, precision(options)

    def run(self) -> None:
        torch.mm(self.a, self.b, out=self.out)

    def parity(self) -> dict:
        want = self.a[:3].double() @ self.b.double()
        error = (self.out[:3].double() - want).abs().max() / want.abs().max()
        return judged(error.item(), self.tolerance, "three rows in float64")


class Stream:
    def __init__(self, size: dict, _options: argparse.Namespace) -> None:
        self.a, self.b = torch.randn(size["elements"]), torch.randn(size["elements"])
        self.out = torch.empty_like(self.a)
        # In f32 for the peers in bf16 too: what an optimizer reads and writes.
        self.work, self.engaged = {"bytes": 12 * size["elements"]}, {"precision": "f32", "half": []}

    def run(self) -> None:
        torch.add(self.a, self.b, out=self.out)

    def parity(self) -> dict:
        error = (self.out.double() - (self.a.double() + self.b.double())).abs().max()
        return judged(error.item(), 1e-6, "the sum in float64")


SUITES = {"step": Training, "train": Training, "gemm": Product, "gemm-peak": Product, "stream-peak": Stream}


def precision(options: argparse.Namespace) -> dict:
    return {"precision": "bf16", "half": ["bf16"]} if options.bf16 else {"precision": "f32", "half": []}


def furthest(losses: list[float], wanted: list[float]) -> float:
    return max(abs(got / want - 1) for got, want in zip(losses, wanted))


def judged(error: float, tolerance: float, against: str) -> dict:
    return {"agrees": error <= tolerance, "error": error, "tolerance": tolerance, "against": against}


def step_flops(c: Config) -> int:
    """Matrix work of a step, as Cambium counts it: each product three times, attention without the causal half removed."""
    head = c.hidden // c.heads
    layer = c.hidden * (2 * c.hidden + 2 * c.kvHeads * head) + 3 * c.hidden * c.intermediate
    tokens = c.batch * c.context
    return 6 * tokens * (c.layers * layer + c.hidden * c.vocab) + 12 * c.layers * tokens * c.context * c.hidden


class Session:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.case: Training | Product | Stream | None = None

    def timed(self, count: int) -> list[float]:
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            self.case.run()
            seconds.append(time.perf_counter() - start)
        return seconds

    def prepare(self, command: dict) -> dict:
        self.case = SUITES[command["suite"]](command["case"]["size"], self.options)
        warm = serve.warm_up(self.timed, command["warmupSeconds"])
        kind = "bf16 autocast" if self.options.bf16 else "f32"
        return {
            "device": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, {kind}"
            + (", compiled" if self.options.compile else ""),
            "version": torch.__version__,
            "fallback": None,
            "work": self.case.work,
            "engaged": {
                "replay": "plan" if self.options.compile else "interpreted",
                **self.case.engaged,
            },
            **warm,
        }

    def turn(self, command: dict) -> dict:
        return {"seconds": self.timed(command["count"])}

    def finish(self, _command: dict) -> dict:
        return {"residentBytes": serve.resident_bytes(), "deviceBytes": None, "parity": self.case.parity()}


def main() -> int:
    parser = serve.parser(__doc__)
    parser.add_argument("--compile", action="store_true", help="torch.compile")
    parser.add_argument("--bf16", action="store_true", help="matrix products in bf16, by autocast")
    parser.add_argument("--self-check", action="store_true", help="compare loss, gradients and a step with HF's Llama")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.self_check:
        from self_check import run

        return run()
    serve.serve(lambda: Session(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
