# Token files as written by litgpt's and TinyLlama's builder (lit_gpt/packed_dataset.py) and by nanoGPT's prepare.py.
#   python tools/golden/packed_tokens.py
import os
import struct

import numpy

folder = os.path.join(os.path.dirname(__file__), "../../packages/data/test/golden/packed")
os.makedirs(folder, exist_ok=True)
ids = [(i * i * 37 + 11) % 32000 for i in range(100)]


def packed(name, ids, chunk, dtype, code, pad):
    for number in range(0, len(ids), chunk):
        array = numpy.zeros(chunk, dtype=dtype)
        array.fill(pad)
        part = ids[number : number + chunk]
        array[: len(part)] = part
        path = os.path.join(folder, f"{name}_{number // chunk:010d}.bin")
        with open(path, "wb") as file:
            file.write(b"LITPKDS")
            file.write(struct.pack("<Q", 1))
            file.write(struct.pack("<B", code))
            file.write(struct.pack("<Q", chunk))
            file.write(array.tobytes(order="C"))


packed("narrow", ids, 64, numpy.uint16, 8, 2)
packed("wide", ids, 64, numpy.int32, 4, 0)
numpy.array(ids, dtype=numpy.uint16).tofile(os.path.join(folder, "nano.bin"))
