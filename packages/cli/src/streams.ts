// Keeps the process running when the reader of a standard stream, or the terminal, goes away.
import { closeSync, constants, openSync } from "node:fs";
import { devNull } from "node:os";
import { isatty } from "node:tty";

/** Standard descriptors that were a terminal when the process began. */
const terminals = new Set([0, 1, 2].filter((descriptor) => isatty(descriptor)));

const hadTerminal = hasTerminal();

/** Whether the process has a controlling terminal, wherever its output goes. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Whether a terminal that the process started with has gone away. */
export function hasLostTerminal(): boolean {
  return (hadTerminal && !hasTerminal()) || [...terminals].some((descriptor) => !isatty(descriptor));
}

/**
 * Replaces a terminal that has gone away by the null device: at exit Node restores the modes of its terminals, and
 * aborts if that fails.
 */
function letGo(): void {
  for (const descriptor of terminals) {
    if (isatty(descriptor)) continue;
    terminals.delete(descriptor);
    closeSync(descriptor);
    // Takes the lowest free number, which is the one just closed.
    openSync(devNull, "r+");
  }
}

let isForReader = false;

/** From now on a failing write to a standard stream does not fail the process, which does its work all the same. */
export function outliveStreams(): void {
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (isForReader && code === "EPIPE") process.exit(0);
    letGo();
  });
  process.stderr.on("error", letGo);
  process.on("exit", letGo);
}

/** Lets a closed reader of standard output (`… | head`) end the process, with exit code 0: its output is all it does. */
export function endWithReader(): void {
  isForReader = true;
}
