"""Writes events.tfevents, or with --read prints the scalars of an event file as TensorBoard's own reader sees them.

Needs the package `tensorboard` alone. Times are fixed, so the file is the same whenever it is written.
"""

import argparse
import json
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

TIME = 1700000000.25
# Steps that need one, two, three and eight bytes; a tag and a value that are not plain.
ROWS = [
    (1, {"loss/train": 5.545177459716797, "lr": 1e-4}),
    (127, {"loss/train": 4.25}),
    (128, {"loss/train": 0.0, "loss/held-out": -0.0, "gradNorm": 1e30}),
    (1000000, {"größe/日本": 0.1}),
    (2**53 - 1, {f"tag{i}": i / 3 for i in range(40)}),
    (2, {}),
]


def write(path: Path) -> None:
    events = [Event(wall_time=TIME, file_version="brain.Event:2")]
    for i, (step, scalars) in enumerate(ROWS):
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        events.append(Event(wall_time=TIME + i, step=step, summary=Summary(value=values)))
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString())
        writer.flush()


def read(path: Path) -> None:
    for event in LegacyEventFileLoader(str(path)).Load():
        values = {value.tag: value.simple_value for value in event.summary.value}
        print(json.dumps([event.file_version, event.wall_time, event.step, values]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--read", type=Path, help="an event file")
    options = parser.parse_args()
    if options.read:
        read(options.read)
    else:
        write(Path(__file__).with_name("events.tfevents"))
