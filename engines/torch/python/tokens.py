"""Reads Cambium's token files by position."""

import json

import numpy
import torch

HEADER = 4096


class TokenFile:
    def __init__(self, path):
        with open(path, "rb") as file:
            head = file.read(HEADER)
        if head[:8] != b"CAMBTOKS" or int.from_bytes(head[8:12], "little") != 1:
            raise ValueError(f"{path} is not a token file of this version")
        header = json.loads(head[16 : 16 + int.from_bytes(head[12:16], "little")])
        dtype = {"u16": "<u2", "u32": "<u4"}[header["dtype"]]
        self.ids = numpy.memmap(path, dtype, "r", offset=HEADER, shape=(header["tokens"],))

    def windows(self, positions, length):
        """The ids [windows, length] that begin at `positions`."""
        rows = [self.ids[int(at) : int(at) + length].astype(numpy.int64) for at in positions]
        return torch.from_numpy(numpy.stack(rows))
