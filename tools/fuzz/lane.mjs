// One fuzzing process: a thread reads, this one watches it. Processor time and memory are measured over a batch of
// inputs. Only a batch that goes beyond what one input may take is repeated, input by input.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** The limit in wall-clock time, for a reader that waits; generous, as other programs may keep the processors busy. */
const mostWallSeconds = 60;

const { home, mostSeconds, mostMegabytes, ...setUp } = JSON.parse(process.argv[2]);
let thread = await startThread();
process.on("message", async ({ from, to }) => {
  process.send({ from, to, faults: await readAll(from, to) });
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });

/** @returns the faults among the inputs from `from` up to, but without, `to` */
async function readAll(from, to) {
  const { trouble, faults } = await measured(from, to);
  if (trouble === undefined) return faults;
  if (to - from === 1) return [{ input: from, reader: thread.readerOf(from), what: trouble }];
  const each = [];
  for (let input = from; input < to; input++) each.push(...(await readAll(input, input + 1)));
  return each;
}

/** Reads a batch. @returns what was wrong with it as a whole, if anything, and the faults of its inputs */
async function measured(from, to) {
  const [spent, begun, before] = [process.cpuUsage(), performance.now(), process.memoryUsage.rss()];
  const peak = peakMemory();
  // A batch counts all that the process holds, a single input what it adds.
  const base = to - from === 1 ? before : 0;
  const beyond = () => {
    const { user, system } = process.cpuUsage(spent);
    if ((user + system) / 1e6 > mostSeconds) return `more than ${mostSeconds} s of processor time`;
    if (performance.now() - begun > mostWallSeconds * 1000) return `more than ${mostWallSeconds} s`;
    const bytes = peak() - base;
    return bytes / 1e6 > mostMegabytes ? `more than ${mostMegabytes} MB` : undefined;
  };
  const answer = thread.read(from, to);
  let result;
  while (result === undefined) {
    result = await Promise.race([answer, sleep(50)]);
    const trouble = result?.trouble ?? beyond();
    if (trouble === undefined) continue;
    // After what went wrong, the next inputs get a thread that knows nothing of it.
    await thread.end();
    thread = await startThread();
    return { trouble };
  }
  return result;
}

/** Starts a thread and waits until it has loaded the readers. */
async function startThread() {
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
    workerData: { ...setUp, home: mkdtempSync(join(home, "lane-")) },
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const next = () =>
    new Promise((resolve, reject) => {
      worker.removeAllListeners();
      worker.once("message", resolve).once("error", reject);
      worker.once("exit", () => reject(new Error("it ended by itself")));
    });
  const { names } = await next();
  return {
    readerOf: (input) => names[input % names.length],
    read: (from, to) => {
      const answer = next().catch((error) => ({ trouble: `the thread ended: ${error.code ?? error.message}` }));
      worker.postMessage({ from, to });
      return answer;
    },
    end: () => worker.terminate(),
  };
}

/**
 * The most memory the process has had since this call, in bytes. Linux knows it exactly; elsewhere it is what the
 * process has when it is asked, every 50 ms.
 */
function peakMemory() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return () => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return () => process.memoryUsage.rss();
  }
}
