"""Checkpoints of a stage: a Hugging Face directory with AdamW's moments (moments*.safetensors) and state.json beside.

`start` is what the stage begins with; `saved/step-NNN` are written in a scratch folder and renamed, so that a kill leaves
each whole or not there. The two newest stay.
"""

import json
import os
import pathlib
import shutil

import torch
import torch.distributed as dist
from safetensors import safe_open
from safetensors.torch import save_file

SHARD_BYTES = 4 << 30


def saved(folder):
    found = sorted((folder / "saved").glob("step-*"), key=lambda path: int(path.name[5:]))
    return [path for path in found if (path / "state.json").exists()]


def newest(folder):
    candidates = [folder / "start", *saved(folder)]
    return max((path for path in candidates if (path / "state.json").exists()), key=lambda path: read_state(path)["step"])


def read_state(path):
    return json.loads((path / "state.json").read_text())


class Moments:
    """Moments by name, read one at a time."""

    def __init__(self, path):
        self.where = {}
        for file in sorted(path.glob("moments*.safetensors")):
            with safe_open(file, "pt") as opened:
                self.where.update({name: file for name in opened.keys()})

    def read(self, name):
        with safe_open(self.where[name], "pt") as opened:
            return opened.get_tensor(name)


def like(parameter, tensor):
    """`tensor` placed and sharded as `parameter` is."""
    if hasattr(parameter, "device_mesh"):
        from torch.distributed.tensor import distribute_tensor

        return distribute_tensor(tensor.to(parameter.device.type), parameter.device_mesh, parameter.placements)
    return tensor.to(parameter.device)


def whole(tensor):
    full = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return full.detach().to("cpu").contiguous()


def save(stage, state):
    """Collective: all ranks gather, rank 0 writes. Returns where."""
    place = stage.folder / "saved"
    target = place / f"step-{state['step']}"
    scratch = place / f"scratch-{state['step']}"
    writes = stage.rank == 0
    error = None
    if writes:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
    optimizer = stage.optimizer.state
    moments = (
        (prefix + name, optimizer[p][key])
        for name, p in stage.parameters.items()
        if p in optimizer
        for prefix, key in (("m:", "exp_avg"), ("v:", "exp_avg_sq"))
    )
    for name, tensors in (("model", iter(stage.parameters.items())), ("moments", moments)):
        error = write(scratch, name, tensors, writes, error)
    if error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise error
    if writes:
        for file in (stage.folder / "start").iterdir():
            if not file.name.endswith((".safetensors", ".index.json")) and file.name != "state.json":
                shutil.copyfile(file, scratch / file.name)
        (scratch / "state.json").write_text(json.dumps(state))
        for file in [*scratch.iterdir(), scratch]:
            sync(file)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(scratch, target)
        sync(place)
        for old in saved(stage.folder)[:-2]:
            shutil.rmtree(old, ignore_errors=True)
        for old in place.glob("scratch-*"):
            shutil.rmtree(old, ignore_errors=True)
    if dist.is_initialized():
        dist.barrier()
    return target


def write(folder, name, tensors, writes, error):
    """Writes shards as they fill; an error of rank 0 is returned, since the others must continue to gather."""
    shards, index, held, size, total = [], {}, {}, 0, 0

    def flush():
        nonlocal held, size
        file = f"{name}-{len(shards) + 1:05}.safetensors"
        save_file(held, folder / file, metadata={"format": "pt"})
        index.update({key: file for key in held})
        shards.append(file)
        held, size = {}, 0

    try:
        for key, tensor in tensors:
            full = whole(tensor)
            if not writes or error:
                continue
            try:
                held[key] = full
                size += full.nbytes
                total += full.nbytes
                if size >= SHARD_BYTES:
                    flush()
            except Exception as failed:
                error = failed
        if writes and not error and held:
            flush()
        if writes and not error and len(shards) == 1:
            os.rename(folder / shards[0], folder / f"{name}.safetensors")
        elif writes and not error:
            last = f"-of-{len(shards):05}"
            names = {file: file.replace(".safetensors", f"{last}.safetensors") for file in shards}
            for old, new in names.items():
                os.rename(folder / old, folder / new)
            content = {"metadata": {"total_size": total}, "weight_map": {key: names[file] for key, file in index.items()}}
            (folder / f"{name}.safetensors.index.json").write_text(json.dumps(content, indent=2))
    except Exception as failed:
        error = failed
    return error


class Metrics:
    """metrics.jsonl: truncated to where the stage continues, then appended to."""

    def __init__(self, folder, step):
        path = folder / "metrics.jsonl"
        kept = []
        if path.exists():
            for line in path.read_text().splitlines(keepends=True):
                if line.endswith("\n") and json.loads(line)["step"] <= step:
                    kept.append(line)
        scratch = folder / "metrics.scratch"
        scratch.write_text("".join(kept))
        os.replace(scratch, path)
        self.file = open(path, "a")

    def append(self, row):
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()

    def sync(self):
        os.fsync(self.file.fileno())


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
