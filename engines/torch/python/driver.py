"""Trains one stage of Cambium with transformers, started by torchrun: one process per device.

argv[1] is the job's folder, which has job.json, rates.f64, windows.i64 and the checkpoint `start`. Rank 0 prints one
JSON line for each step and each checkpoint, and reads the commands `save` and `stop` on standard input. When standard
input ends, the process that started the driver is gone, and the driver exits. SIGTERM saves and exits. The driver
continues from its newest checkpoint.
"""

import contextlib
import datetime
import json
import math
import os
import pathlib
import signal
import sys
import threading
import time

import numpy
import torch
import torch.distributed as dist
from transformers import AutoModelForCausalLM

import checkpoints
import tokens


def say(**line):
    # One write per line: several processes share the pipe.
    os.write(1, (json.dumps(line) + "\n").encode())


class Requests:
    """Requests from outside: any rank may get a signal to stop, and rank 0 reads standard input."""

    def __init__(self, rank, attended):
        self.stop = False
        self.save = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, lambda *_: setattr(self, "stop", True))
        parent = os.getppid()
        threading.Thread(target=self._watch_parent, args=[parent], daemon=True).start()
        if rank == 0 and attended:
            threading.Thread(target=self._read, daemon=True).start()

    def _watch_parent(self, parent):
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(70)

    def _read(self):
        for line in sys.stdin:
            if line.strip() in ("stop", "save"):
                setattr(self, line.strip(), True)
        os._exit(70)


class Stage:
    """A model and its training, as the job describes them."""

    def __init__(self, folder, rank, world):
        self.folder = folder
        self.job = json.loads((folder / "job.json").read_text())
        self.rank, self.world = rank, world
        self.cuda = self.job["device"] == "cuda"
        local = int(os.environ.get("LOCAL_RANK", "0"))
        self.device = torch.device("cuda", local) if self.cuda else torch.device("cpu")
        if self.cuda:
            torch.cuda.set_device(self.device)
        source = checkpoints.newest(folder)
        self.state = checkpoints.read_state(source)
        self.model = AutoModelForCausalLM.from_pretrained(
            source, dtype=torch.float32, attn_implementation="sdpa", local_files_only=True
        )
        self.model.to(self.device)
        self.model.config.use_cache = False
        frozen = set(self.job["frozen"])
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name not in frozen)
        self._check_names(frozen)
        self.trained = self._distribute()
        self.model.train()
        self.parameters = {name: p for name, p in self.model.named_parameters()}
        self.optimizer = self._optimizer(source)
        steps, per_step = self.job["steps"], self.job["batch"] * self.job["accumulation"]
        self.rates = numpy.fromfile(folder / "rates.f64", "<f8").reshape(steps, -1)
        self.windows = numpy.memmap(folder / "windows.i64", "<i8", "r", shape=(steps, per_step))
        self.train_tokens = tokens.TokenFile(self.job["train"])
        self.held_out = tokens.TokenFile(self.job["heldOut"])

    def _check_names(self, frozen):
        ours = {name for group in self.job["groups"] for name in group["parameters"]} | frozen
        theirs = {name for name, _ in self.model.named_parameters()}
        if ours != theirs:
            some = sorted(ours ^ theirs)[:4]
            raise Refused("parameters", f"transformers has other parameters for this model: {', '.join(some)}")

    def _distribute(self):
        if self.job["strategy"] == "fsdp":
            from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

            policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
            kwargs = {"mp_policy": policy} if self.job["bf16"] else {}
            for layer in self.model.model.layers:
                fully_shard(layer, **kwargs)
            fully_shard(self.model, **kwargs)
            return self.model
        if self.world == 1:
            return self.model
        return torch.nn.parallel.DistributedDataParallel(self.model, device_ids=[self.device.index] if self.cuda else None)

    def _optimizer(self, source):
        options = self.job["optimizer"]
        groups = []
        for group in self.job["groups"]:
            # A factor on the rate must not change the decay.
            decay = group["weightDecay"] / group["factor"]
            groups.append({"params": [self.parameters[n] for n in group["parameters"]], "weight_decay": decay})
        optimizer = torch.optim.AdamW(
            groups, lr=0.0, betas=(options["beta1"], options["beta2"]), eps=options["eps"], fused=self.cuda or None
        )
        moments = checkpoints.Moments(source)
        updates = self.state["updates"]
        for group in self.job["groups"]:
            for name in group["parameters"]:
                parameter = self.parameters[name]
                optimizer.state[parameter] = {
                    "step": torch.tensor(float(updates), device=self.device if self.cuda else "cpu"),
                    "exp_avg": checkpoints.like(parameter, moments.read("m:" + name)),
                    "exp_avg_sq": checkpoints.like(parameter, moments.read("v:" + name)),
                }
        return optimizer

    def _autocast(self):
        if self.job["bf16"] and self.job["strategy"] != "fsdp":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def _losses(self, model, windows, file):
        """The sum of the losses of the windows' tokens."""
        ids = file.windows(windows, self.job["context"] + 1).to(self.device)
        with self._autocast():
            logits = model(input_ids=ids[:, :-1]).logits
        targets = ids[:, 1:]
        return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum")

    def _share(self, windows):
        """This rank's part of the windows, in pieces of at most a micro-batch."""
        each = math.ceil(len(windows) / self.world)
        mine = windows[self.rank * each : (self.rank + 1) * each]
        return [mine[i : i + self.job["batch"]] for i in range(0, len(mine), self.job["batch"])]

    def step(self, number):
        """Optimizer step `number`, from 0. Returns this rank's share of the mean loss, and the gradient norm."""
        for group, settings, rate in zip(self.optimizer.param_groups, self.job["groups"], self.rates[number]):
            group["lr"] = float(rate) * settings["factor"]
        windows = self.windows[number]
        total = len(windows) * self.job["context"]
        pieces = self._share(windows)
        share = torch.zeros((), device=self.device)
        for i, piece in enumerate(pieces):
            last = i + 1 == len(pieces)
            if self.job["strategy"] == "fsdp":
                self.model.set_requires_gradient_sync(last)
            quiet = isinstance(self.trained, torch.nn.parallel.DistributedDataParallel) and not last
            with self.trained.no_sync() if quiet else contextlib.nullcontext():
                loss = self._losses(self.trained, piece, self.train_tokens) / total
                # Gradients are averaged over ranks; the mean is over all windows.
                (loss * self.world).backward()
            share += loss.detach()
        limit = self.job["optimizer"]["clip"] or math.inf
        trained = [p for p in self.parameters.values() if p.requires_grad]
        norm = torch.nn.utils.clip_grad_norm_(trained, limit)
        norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
        if math.isfinite(norm.item()):
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return share.item(), norm.item()

    @torch.no_grad()
    def held_out_loss(self):
        count = self.job["evaluation"]["windows"]
        windows = numpy.arange(count, dtype=numpy.int64) * self.job["context"]
        self.model.eval()
        # Each rank takes the same number of pieces, because with FSDP they gather parameters together.
        each = math.ceil(count / self.world / self.job["batch"])
        pieces = (self._share(windows) + [windows[:0]] * each)[:each]
        share = torch.zeros((), dtype=torch.float64)
        for piece in pieces:
            if len(piece) or self.job["strategy"] == "fsdp":
                loss = self._losses(self.model, piece if len(piece) else windows[:1], self.held_out)
                share += loss.item() if len(piece) else 0.0
        self.model.train()
        return share.item() / (count * self.job["context"])


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def together(stage, values):
    """The sums over all ranks."""
    held = torch.tensor(values, dtype=torch.float64, device="cpu")
    if stage.world > 1:
        held = held.to(stage.device)
        dist.all_reduce(held)
    return held.tolist()


def run(stage, requests):
    job = stage.job
    step_tokens = job["batch"] * job["accumulation"] * job["context"]
    step, seconds = stage.state["step"], stage.state["seconds"]
    metrics = checkpoints.Metrics(stage.folder, step) if stage.rank == 0 else None
    saved = time.monotonic()

    def save():
        state = {"step": step, "tokens": step * step_tokens, "updates": stage.state["updates"], "seconds": seconds}
        if metrics:
            metrics.sync()
        path = checkpoints.save(stage, state)
        if stage.rank == 0:
            say(saved=path.name, step=step)

    while step < job["steps"]:
        began = time.monotonic()
        share, norm = stage.step(step)
        due = stage.rank == 0 and (requests.save or time.monotonic() - saved > job["snapshotSeconds"])
        loss, stops, saves = together(stage, [share, float(requests.stop), float(due)])
        took = time.monotonic() - began
        step, seconds = step + 1, seconds + took
        if not (math.isfinite(loss) and math.isfinite(norm)):
            if stage.rank == 0:
                what, value = ("loss", loss) if not math.isfinite(loss) else ("gradient's norm", norm)
                say(error={"code": "diverged", "what": what, "value": str(value), "step": step, "lr": float(stage.rates[step - 1][0])})
            return 65
        stage.state["updates"] += 1
        end = step * step_tokens
        row = {
            **{"step": step, "tokens": end, "loss": loss, "lr": float(stage.rates[step - 1][0]), "gradNorm": norm},
            **{"tokensPerSecond": step_tokens / max(took, 1e-6), "seconds": seconds, "memoryBytes": memory()},
        }
        every = job["evaluation"]["every"]
        if step == job["steps"] or (end - step_tokens) // every < end // every:
            row["heldOutLoss"] = together(stage, [stage.held_out_loss()])[0]
        if metrics:
            metrics.append(row)
            say(row=row)
        if stops:
            save()
            return 0
        if saves and step < job["steps"]:
            requests.save = False
            save()
            saved = time.monotonic()
    save()
    return 0


def memory():
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def main():
    folder = pathlib.Path(sys.argv[1])
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    requests = Requests(rank, attended="--attended" in sys.argv)
    say(process=os.getpid(), rank=rank)
    try:
        job = json.loads((folder / "job.json").read_text())
        if world != job["nproc"]:
            raise Refused("processes", f"the job is for {job['nproc']} processes, not {world}")
        if job["device"] == "cuda" and not torch.cuda.is_available():
            raise Refused("device", "torch sees no CUDA device here")
        torch.manual_seed(0)
        if world > 1 or job["strategy"] == "fsdp":
            dist.init_process_group("nccl" if job["device"] == "cuda" else "gloo", timeout=datetime.timedelta(minutes=10))
        code = run(Stage(folder, rank, world), requests)
    except Exception as error:
        full = isinstance(error, OSError) and error.errno == 28 or "No space left" in str(error)
        kind = "disk" if full else getattr(error, "code", None) or type(error).__name__
        say(error={"code": str(kind), "message": str(error)[:2000], "rank": rank})
        code = 1
    sys.stdout.flush()
    # Exits without waiting for other ranks, which may hang in a collective.
    os._exit(code)


main()
