"""What the peers in Python share: the command line's threads, the loop of commands and replies, and the peak memory.

A peer runs from its own folder: `sys.path.append` of this one finds the module.
"""

import argparse
import json
import os
import resource
import sys
from typing import Callable


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


def processor_seconds() -> float:
    """The processor time of all threads of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_bytes() -> int:
    """The most memory this process has had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts kilobytes, macOS bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
