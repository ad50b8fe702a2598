// Standard streams whose reader or whose terminal goes away: what runs goes on without them.
import { closeSync, constants, openSync } from "node:fs";
import { devNull } from "node:os";
import { isatty } from "node:tty";

/** Standard descriptors that were a terminal when the process began. */
const terminals = new Set([0, 1, 2].filter((descriptor) => isatty(descriptor)));

const hadTerminal = hasTerminal();

/** Whether the process is of a terminal's session, wherever its output goes. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Whether the process had a terminal that has gone since. */
export function hasLostTerminal(): boolean {
  return (hadTerminal && !hasTerminal()) || [...terminals].some((descriptor) => !isatty(descriptor));
}

/**
 * Puts the null device in the place of a terminal that has gone. Node restores the modes of its terminals when it ends,
 * and aborts where that fails.
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

/**
 * From now on a failing write to a standard stream is not a failure of the process: nobody is left to tell. Only a reader of
 * standard output that has seen enough (`cambium inspect … | head`) ends it, since the output was its purpose.
 */
export function outliveStreams(): void {
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") process.exit(0);
    letGo();
  });
  process.stderr.on("error", letGo);
  process.on("exit", letGo);
}
