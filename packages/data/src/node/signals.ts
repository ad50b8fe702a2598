// Signals while a thread blocks: a listener in JavaScript cannot run then, so the signal would seem to be ignored.
import { isMainThread } from "node:worker_threads";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `block` while these signals end the process at once, as they do without listeners: what has been saved by then is
 * kept, as after any kill. The listeners are put back.
 */
export function endingAtSignals<T>(block: () => T): T {
  if (!isMainThread) return block();
  const taken = names.map((name) => ({ name, listeners: process.rawListeners(name) as NodeJS.SignalsListener[] }));
  for (const { name } of taken) process.removeAllListeners(name);
  try {
    return block();
  } finally {
    for (const { name, listeners } of taken) for (const listener of listeners) process.on(name, listener);
  }
}
