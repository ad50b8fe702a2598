// pnpm bench soak: many training steps, watching memory and the event loop. Over the last three quarters resident memory
// must be flat; its peak must stay within what the IR counts; a 10 ms timer of the main thread may be at most 50 ms late.
import { parseArgs } from "node:util";
import { resolveBackend } from "@cambium/backend";
import { allowedBytes, CambiumContestant, median, slope } from "@cambium/bench";
import { nodeImporter } from "@cambium/plugin/node";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx" },
    "backend-option": { type: "string", multiple: true, default: [] },
    config: { type: "string", default: "6Lx128" },
    steps: { type: "string", default: "2000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(
    "pnpm bench soak [--backend onnx] [--backend-option key=value]… [--config 6Lx128|2Lx64] [--steps 2000] [--json]\n\nEnds with exit code 1 when a limit is broken.",
  );
  process.exit(0);
}

const sizes = {
  "6Lx128": { layers: 6, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 8, context: 128 },
  "2Lx64": { layers: 2, hidden: 64, intermediate: 176, heads: 2, kvHeads: 2, vocab: 256, batch: 4, context: 64 },
};
const config = sizes[values.config as keyof typeof sizes];
if (!config) throw new Error(`there is no config ${values.config}: ${Object.keys(sizes).join(", ")}`);
const steps = Number(values.steps);
const interval = 10;
/** Steps between two samples of memory. */
const stride = 10;
/** Memory is flat when a line through its samples rises by less in the last three quarters: their noise is ±3 MB. */
const flat = 5e6;

const own = new CambiumContestant(
  await resolveBackend(values.backend, nodeImporter(process.cwd(), import.meta.dirname)),
  Object.fromEntries(values["backend-option"].map((one) => one.split("=", 2) as [string, string])),
);
await own.setup(config);
const device = await own.device();
const held = await device.memory();

let latest = 0;
let expected = performance.now() + interval;
const timer = setInterval(() => {
  const now = performance.now();
  latest = Math.max(latest, now - expected);
  expected = now + interval;
}, interval);

const samples: number[] = [];
for (let done = 0; done < steps; done += stride) {
  await own.steps(stride);
  // What this thread's collector has not come round to yet (up to 30 MB) rises and falls; growth is what stays.
  globalThis.gc?.();
  // The collection held this thread up, which is not the backend's doing.
  expected = performance.now() + interval;
  const rss = process.memoryUsage.rss();
  samples.push(rss);
  if (!values.json && done % 100 === 0)
    process.stderr.write(`\r${done} of ${steps} steps, ${(rss / 1e6).toFixed(0)} MB\x1b[K`);
}
const peak = process.resourceUsage().maxRSS * 1024;
if (!values.json) process.stderr.write("\r\x1b[K");
clearInterval(timer);
const left = await device.memory();
await own.close();

const quarter = Math.ceil(samples.length / 4);
const quarters = [0, 1, 2, 3].map((i) => median(samples.slice(i * quarter, (i + 1) * quarter)));
const growth = slope(samples.slice(quarter)) * (samples.length - quarter);
const allowed = allowedBytes(own.countedBytes);
const result = {
  steps,
  rssPeakBytes: peak,
  allowedBytes: allowed,
  countedBytes: own.countedBytes,
  rssByQuarterBytes: quarters,
  rssGrowthBytes: growth,
  timerLateMs: latest,
  deviceTensors: [held.tensors, left.tensors],
  deviceBytes: [held.bytes, left.bytes],
};
const broken = [
  ...(peak > allowed ? ["peak memory"] : []),
  ...(growth > flat ? ["memory grows"] : []),
  ...(left.tensors !== held.tensors || left.bytes !== held.bytes ? ["tensors are left on the device"] : []),
  ...(latest > 50 ? ["the event loop was held up"] : []),
];
if (values.json) console.log(JSON.stringify({ ...result, broken }));
else {
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(`${steps} steps on ${own.name}`);
  console.log(
    `peak resident        ${mega(peak)} of ${mega(allowed)} allowed (1.25 × ${mega(own.countedBytes)} counted + 250 MB)`,
  );
  console.log(`median by quarter    ${quarters.map(mega).join(", ")}`);
  console.log(
    `growth               ${(growth / 1e6).toFixed(1)} MB in the last three quarters, by a line through all samples`,
  );
  console.log(`on the device        ${held.tensors} tensors before, ${left.tensors} after`);
  console.log(`10 ms timer          at most ${latest.toFixed(1)} ms late`);
  console.log(broken.length === 0 ? "within limits" : `broken: ${broken.join(", ")}`);
}
process.exitCode = broken.length === 0 ? 0 : 1;
