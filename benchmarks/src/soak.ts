// pnpm bench soak: many training steps, watching memory and the event loop. Memory must be flat after warm-up and within
// what the IR counts; a 10 ms timer of the main thread must never be late by more than 50 ms.
import { parseArgs } from "node:util";
import { resolveBackend } from "@cambium/backend";
import { nodeImporter } from "@cambium/backend/node";
import { CambiumContestant } from "./cambium.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx" },
    steps: { type: "string", default: "2000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(
    "pnpm bench soak [--backend onnx] [--steps 2000] [--json]\n\nEnds with exit code 1 when a limit is broken.",
  );
  process.exit(0);
}

const config = { layers: 6, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 128 };
const steps = Number(values.steps);
const interval = 10;
/** Steps after which memory must not grow any more. */
const warmUp = Math.min(200, Math.floor(steps / 4));

const own = new CambiumContestant(
  await resolveBackend(values.backend, nodeImporter(process.cwd(), import.meta.dirname)),
);
await own.setup(config);

let latest = 0;
let expected = performance.now() + interval;
const timer = setInterval(() => {
  const now = performance.now();
  latest = Math.max(latest, now - expected);
  expected = now + interval;
}, interval);

const samples: number[] = [];
let peak = 0;
for (let done = 0; done < steps; done += 10) {
  await own.steps(10);
  const rss = process.memoryUsage.rss();
  samples.push(rss);
  peak = Math.max(peak, rss);
  if (!values.json && done % 100 === 0)
    process.stderr.write(`\r${done} of ${steps} steps, ${(rss / 2 ** 20).toFixed(0)} MiB\x1b[K`);
}
if (!values.json) process.stderr.write("\r\x1b[K");
clearInterval(timer);
await own.close();

const steady = samples.slice(warmUp / 10);
const quarter = Math.max(1, Math.floor(steady.length / 4));
const growth = median(steady.slice(-quarter)) - median(steady.slice(0, quarter));
const allowed = 1.25 * own.countedBytes + 250e6;
const result = {
  steps,
  rssPeakBytes: peak,
  allowedBytes: allowed,
  countedBytes: own.countedBytes,
  rssGrowthBytes: growth,
  timerLateMs: latest,
};
const broken = [
  ...(peak > allowed ? ["peak memory"] : []),
  ...(growth > 8 * 2 ** 20 ? ["memory grows"] : []),
  ...(latest > 50 ? ["the event loop was held up"] : []),
];
if (values.json) console.log(JSON.stringify({ ...result, broken }));
else {
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(`${steps} steps on ${own.name}`);
  console.log(
    `peak resident       ${mega(peak)} of ${mega(allowed)} allowed (1.25 × ${mega(own.countedBytes)} counted + 250 MB)`,
  );
  console.log(`growth after warm-up ${(growth / 1e6).toFixed(1)} MB (last quarter's median less first quarter's)`);
  console.log(`10 ms timer         at most ${latest.toFixed(1)} ms late`);
  console.log(broken.length === 0 ? "within limits" : `broken: ${broken.join(", ")}`);
}
process.exitCode = broken.length === 0 ? 0 : 1;
