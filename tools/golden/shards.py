# Shards as Python's libraries write them: Parquet by pyarrow, zstd by zstandard. Needs both beside requirements.txt.
#   python tools/golden/shards.py
import json
import os

import pyarrow
import pyarrow.parquet
import zstandard

folder = os.path.join(os.path.dirname(__file__), "../../packages/data/test/golden/shards")
os.makedirs(folder, exist_ok=True)
sets = ["RedPajamaC4", "RedPajamaWikipedia"]
rows = [
    {"n": i, "text": None if i == 4 else f"document {i} é🐋", "meta": {"redpajama_set_name": sets[i % 2]}}
    for i in range(9)
]
table = pyarrow.Table.from_pylist(rows)
for codec in ["snappy", "zstd"]:
    path = os.path.join(folder, f"{codec}.parquet")
    pyarrow.parquet.write_table(table, path, compression=codec, row_group_size=4)

lines = [json.dumps({**row, "text": row["text"] or ""}) + "\n" for row in rows]


def frame(text, **how):
    return zstandard.ZstdCompressor(**how).compress(text.encode())


# Two frames with checksums, with a skippable one between them.
skipped = bytes.fromhex("502a4d1803000000") + b"abc"
packed = [frame("".join(part), write_checksum=True) for part in (lines[:5], lines[5:])]
with open(os.path.join(folder, "lines.jsonl.zst"), "wb") as file:
    file.write(packed[0] + skipped + packed[1])

# One frame of many blocks without a stated size, as from a stream compressed while it is written.
stream = zstandard.ZstdCompressor(level=3).compressobj()
with open(os.path.join(folder, "long.txt.zst"), "wb") as file:
    for i in range(40_000):
        file.write(stream.compress(b"%d and the whale. " % (i % 977)))
    file.write(stream.flush())
