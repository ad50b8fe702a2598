// Signals that ask a process to end: the first asks for an orderly end, a second Ctrl-C ends at once. A terminal that goes
// away is not an end: what runs outlives it.
import { constants } from "node:os";
import { hasLostTerminal } from "./streams.js";

/** All that can be caught and would end the process: of a person, a service manager, a batch system, a limit. */
const signals = (
  ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGXCPU", "SIGPWR"] as const
).filter((name) => name in constants.signals);

export interface Stop {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** How many times it was asked to save and go on. */
  readonly saveRequests: () => number;
  /** Puts things back. */
  readonly release: () => void;
}

/** @param onFirst told at the first signal that ends the work */
export function stopOnSignals(onFirst: () => void): Stop {
  const controller = new AbortController();
  let requests = 0;
  const handle = (name: NodeJS.Signals) => {
    // The terminal is gone, and may take the machine along: save, and go on.
    if (name === "SIGHUP" && hasLostTerminal()) requests++;
    else if (!controller.signal.aborted) {
      controller.abort();
      onFirst();
      // Others may come in pairs, as at the end of a session: what is being saved is not cut off by them.
    } else if (name === "SIGINT") process.exit(130);
  };
  for (const name of signals) process.on(name, handle);
  return {
    signal: controller.signal,
    saveRequests: () => requests,
    release: () => {
      for (const name of signals) process.off(name, handle);
    },
  };
}
