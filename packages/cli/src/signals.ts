// Signals that ask the process to end. The first asks it to finish its step and save; a second Ctrl-C exits at once. If
// the terminal goes away, the process saves and continues.
import { constants } from "node:os";
import { hasLostTerminal } from "./streams.js";

/** All signals that end a process by default and can be caught: of people, service managers, batch systems, limits. */
const signals = (
  ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGXCPU", "SIGPWR"] as const
).filter((name) => name in constants.signals);

export interface Stop {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** How many times the process was asked to save and continue. */
  readonly saveRequests: () => number;
  /** Removes the signal handlers. */
  readonly release: () => void;
}

/** @param onFirst called at the first signal that ends the work */
export function stopOnSignals(onFirst: () => void): Stop {
  const controller = new AbortController();
  let requests = 0;
  const handle = (name: NodeJS.Signals) => {
    // The terminal is gone, and the machine may be next: save, then continue.
    if (name === "SIGHUP" && hasLostTerminal()) requests++;
    else if (!controller.signal.aborted) {
      controller.abort();
      onFirst();
      // Other signals may arrive in pairs, as when a login session ends; they must not cut off the saving.
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
