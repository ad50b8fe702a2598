"""Reads a stage's batches by position, step by step; each rank reads its share of the windows."""

import json
import os
import pathlib
from dataclasses import dataclass

import numpy
import torch
from torchtitan.components.dataloader import BaseDataLoader

HEADER = 4096


def open_tokens(path):
    with open(path, "rb") as file:
        head = file.read(HEADER)
    if head[:8] != b"CAMBTOKS" or int.from_bytes(head[8:12], "little") != 1:
        raise ValueError(f"{path} is not a token file of this version")
    header = json.loads(head[16 : 16 + int.from_bytes(head[12:16], "little")])
    return numpy.memmap(path, {"u16": "<u2", "u32": "<u4"}[header["dtype"]], "r", HEADER, (header["tokens"],))


class StageDataLoader(BaseDataLoader):
    @dataclass(kw_only=True, slots=True)
    class Config(BaseDataLoader.Config):
        pass

    def __init__(self, config, *, dp_world_size, dp_rank, local_batch_size, **_):
        folder = pathlib.Path(os.environ["CAMBIUM_STAGE"])
        self.job = json.loads((folder / "job.json").read_text())
        per_step = self.job["batch"] * self.job["accumulation"] * self.job["ranks"]
        self.windows = numpy.memmap(folder / "windows.i64", "<i8", "r", shape=(self.job["steps"], per_step))
        self.tokens = open_tokens(self.job["train"])
        self.size, self.rank, self.world = local_batch_size, dp_rank, dp_world_size
        self.read = 0

    def __iter__(self):
        pieces = self.job["accumulation"]
        length = self.job["context"]
        while self.read < self.job["steps"] * pieces:
            step, piece = divmod(self.read, pieces)
            first = (piece * self.world + self.rank) * self.size
            rows = [self.tokens[int(at) : int(at) + length + 1] for at in self.windows[step, first : first + self.size]]
            ids = torch.from_numpy(numpy.stack(rows).astype(numpy.int64))
            self.read += 1
            positions = torch.arange(length).expand(self.size, -1)
            yield {"input": ids[:, :-1], "positions": positions}, ids[:, 1:]

    def state_dict(self):
        return {"read": self.read}

    def load_state_dict(self, state):
        self.read = state["read"]
