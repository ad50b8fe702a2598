// Watches the reading thread: if it takes too long or too much memory it is terminated and noted, and a new thread
// continues after that input.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const mostSeconds = 5;
/**
 * The limit in wall-clock time, for a reader that waits; generous, because other programs may keep the processors busy.
 */
const mostWallSeconds = 60;
const mostMegabytes = 1000;

/** @returns the first fault of each kind, which `onKind` also gets when it occurs, and the number of faults */
export async function fuzz({ inputs, seed, from = 0, only, progress = () => undefined, onKind = () => undefined }) {
  const kinds = new Map();
  let count = 0;
  const note = (fault) => {
    count++;
    const key = `${fault.reader} ${fault.what.replace(/\d+/g, "#")}`;
    if (kinds.has(key)) return;
    kinds.set(key, fault);
    onKind(fault);
  };
  for (let next = from; next < inputs; ) next = await runThread({ inputs, seed, from: next, only, note, progress });
  return { inputs: inputs - from, count, faults: [...kinds.values()] };
}

/** Runs one thread to its end. @returns the input to continue with */
async function runThread({ inputs, seed, from, only, note, progress }) {
  const shared = new SharedArrayBuffer(8);
  const now = new Int32Array(shared);
  now[0] = from;
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
    workerData: { inputs, seed, from, only, shared },
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  let ended;
  let failed;
  let ready = false;
  worker.on("message", (message) => {
    if (message.ready) ready = true;
    else if (message.done) ended = inputs;
    else note(message);
  });
  worker.on("error", (error) => {
    if (!ready) failed = error;
    const [input] = now;
    note({ input, reader: "?", file: "?", what: `the thread ended: ${error.code ?? error.stack}` });
    ended = input + 1;
  });
  let [seen, since, spent, told] = [-1, performance.now(), process.cpuUsage(), performance.now()];
  while (ended === undefined) {
    await sleep(50);
    const turn = Atomics.load(now, 1);
    const { user, system } = process.cpuUsage(spent);
    const [seconds, wall] = [(user + system) / 1e6, (performance.now() - since) / 1000];
    if (turn !== seen) [seen, since, spent] = [turn, performance.now(), process.cpuUsage()];
    else if (turn > 0 && (seconds > mostSeconds || wall > mostWallSeconds)) {
      const input = Atomics.load(now, 0);
      note({ input, reader: "?", file: "?", what: `more than ${mostSeconds} s` });
      ended = input + 1;
    }
    if (performance.now() - told > 10_000) {
      told = performance.now();
      progress(Atomics.load(now, 0));
    }
  }
  await worker.terminate();
  if (failed) throw failed;
  return ended;
}
