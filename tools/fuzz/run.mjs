// Shares the inputs among processes, one for each core. Each gets batches of inputs and says which of them were faults.
import { fork } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

/** Enough to make asking for a batch cheap, and few enough that a whole batch keeps the limits of one input. */
const mostInBatch = 260;
/** A file system in memory must have this much left: damaged headers may make a reader write a little. */
const roomNeeded = 256 << 20;

/**
 * @param options.only the name of a reader; all get inputs in turns without it
 * @param options.jobs the number of processes
 * @param options.mostSeconds of processor time for an input; `mostMegabytes` of memory
 * @param options.readersAt the module that exports `readers`
 * @returns the first fault of each kind, which `onKind` also gets when it occurs, and the number of faults
 */
export async function fuzz(options) {
  const { inputs, seed, from = 0, only, jobs = availableParallelism() } = options;
  const { mostSeconds = 5, mostMegabytes = 1000 } = options;
  const { readersAt = new URL("./readers.mjs", import.meta.url).href } = options;
  const { progress = () => undefined, onKind = () => undefined } = options;
  const kinds = new Map();
  let [count, next, done, told] = [0, from, from, performance.now()];
  const note = (fault) => {
    count++;
    const key = `${fault.reader} ${fault.what.replace(/\d+/g, "#")}`;
    if (kinds.has(key)) return;
    kinds.set(key, fault);
    onKind(fault);
  };
  const size = Math.max(1, Math.min(mostInBatch, Math.ceil((inputs - from) / jobs / 4)));
  const batch = () => {
    const range = { from: next, to: Math.min(inputs, next + size) };
    next = range.to;
    return range.from < range.to ? range : undefined;
  };
  const finished = ({ from, to, faults }) => {
    done += to - from;
    for (const fault of faults) note(fault);
    if (performance.now() - told < 10_000) return;
    told = performance.now();
    progress(done);
  };
  const home = mkdtempSync(join(scratchFolder(), "cambium-fuzz-"));
  const children = [];
  const end = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  };
  const interrupted = () => {
    end();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const processes = Math.max(1, Math.min(jobs, inputs - from));
    const work = Array.from({ length: processes }, () =>
      inProcess(children, { seed, only, home, mostSeconds, mostMegabytes, readersAt }, batch, finished),
    );
    await Promise.all(work);
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    end();
  }
  return { inputs: inputs - from, count, faults: [...kinds.values()] };
}

/** Runs one process until there are no more batches. */
function inProcess(children, setUp, batch, finished) {
  const child = fork(new URL("./lane.mjs", import.meta.url), [JSON.stringify(setUp)]);
  children.push(child);
  return new Promise((resolve, reject) => {
    const ask = () => {
      const range = batch();
      if (range === undefined) resolve();
      else child.send(range);
    };
    child.on("message", (message) => {
      if (message.faults !== undefined) finished(message);
      ask();
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`A fuzzing process ended (${signal ?? code}).`)));
  });
}

/** A folder on a file system in memory if there is one with room: nothing here has to outlive the machine. */
function scratchFolder() {
  const memory = "/dev/shm";
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize > roomNeeded) return memory;
  } catch {
    // There is none, as outside Linux.
  }
  return tmpdir();
}
