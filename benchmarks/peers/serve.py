"""What the peers in Python share: the command line's threads, the loop of commands and replies, the warm-up, the peak memory.

A peer runs from its own folder: `sys.path.append` of this one finds the module.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from typing import Callable


# As in packages/bench/src/warm-up.ts.
STEADINESS, SPAN, LONG = 0.05, 3, 1.5


def parser(about: str | None) -> argparse.ArgumentParser:
    """Command line with --threads, one a core unless given."""
    options = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    options.add_argument("--threads", type=int, default=cores, help="default: one a core")
    return options


def serve(open_session: Callable) -> None:
    """Answers prepare, turn and finish by the methods of the session, one JSON line each, until told to exit."""
    # Libraries may print, so replies keep the real stdout and everything else goes to stderr.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    session = open_session()
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "exit":
            return
        before = processor_seconds()
        try:
            reply = {"prepare": session.prepare, "turn": session.turn, "finish": session.finish}[command["cmd"]](command)
        except Exception as error:  # whoever asks decides what a failed command means
            reply = {"error": {"code": "E_PEER", "message": f"{type(error).__name__}: {error}"}}
        if "seconds" in reply and reply["seconds"]:
            reply["processor"] = (processor_seconds() - before) / len(reply["seconds"])
        replies.write(json.dumps(reply) + "\n")


def warm_up(timed: Callable[[int], list[float]], most_seconds: float) -> dict:
    """The warm-up of Cambium's own contestants: one run after the first, which may have compiled, then until steady.

    `timed` runs the case so many times and returns the seconds of each. The result is a part of the reply to prepare.
    """
    first = timed(1)
    taken, steady, start = list(first), False, time.perf_counter()

    def wanted() -> bool:
        if len(taken) == 1:
            return most_seconds > 0
        return time.perf_counter() - start < most_seconds or (len(taken) < 2 * SPAN and taken[-1] < LONG)

    while not steady and wanted():
        taken += timed(max(1, min(64, int(0.02 / statistics.median(taken[-SPAN:])))))
        earlier, last = taken[-2 * SPAN : -SPAN], taken[-SPAN:]
        steady = len(earlier) == SPAN and abs(statistics.median(last) / statistics.median(earlier) - 1) < STEADINESS
    seconds = first[0] + time.perf_counter() - start
    return {
        "warmup": {"runs": len(taken), "seconds": seconds, "steady": steady},
        "secondsPerRun": statistics.median(taken[-SPAN:]),
        "first": first,
    }


def processor_seconds() -> float:
    """The processor time of all threads of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_bytes() -> int:
    """The most memory this process has had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts kilobytes, macOS bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
