// The check itself: runs every part in turn within the time limit, and writes one JSON file that names the device.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import webgpu from "../../backends/webgpu/src/index.js";
import { environmentOf, load } from "../../packages/bench/src/node/environment.js";
import { CambiumError } from "../../packages/ir/src/index.js";
import { findDrivers, loadBundledLoader } from "./drivers.js";
import { attention, carried, conformance, full, gemm, small, step } from "./parts.js";
import { peakOf } from "./peaks.js";

const { values: flags } = parseArgs({
  options: {
    small: { type: "boolean", default: false },
    out: { type: "string", default: "gpu-check.json" },
    seconds: { type: "string", default: "450" },
    adapter: { type: "string" },
  },
});
const began = performance.now();
const limit = Number(flags.seconds);
/** Seconds beyond the limit that the part in progress may take. */
const grace = 25;
const elapsed = () => (performance.now() - began) / 1000;

const drivers = findDrivers();
loadBundledLoader(join(import.meta.dirname, "libvulkan.so.1"));

const options = flags.adapter === undefined ? {} : { adapter: flags.adapter };
const sizes = flags.small ? small : full;
const probes = await webgpu.probe();
const device = await webgpu
  .open(options)
  .then(async (one) => {
    const { device: name, version, computes } = one.info;
    await one.close();
    return { name, version, computes };
  })
  .catch((error: unknown) => ({ name: "none", error: String(error) }));
const parts: Record<string, object> = {};
/** For a reader who has only the file. */
const about = {
  small: "true: a trial in tiny sizes, whose figures say nothing about the device",
  peak: "GFLOPS of the card by NVIDIA's datasheet, f16 without tensor cores; null for a card that is not in the list",
  took: "seconds of a part, with opening and compiling",
  readySeconds: "seconds until two training steps are done, with compiling",
  rounds: "seconds of a run, round by round; a training step is a round",
  seconds: "of a part: the median round; of the file: the whole check",
  gflops: "floating-point operations of matrix work a second, by the graph's own count",
  ofPeak: "gflops over the peak of its dtype",
  countedBytes: "bytes of parameters, gradients, moments and activations by the graph's own count",
  drivers: "what there is of NVIDIA's Vulkan driver; libEGL_nvidia or libGLX_nvidia must be among the libraries",
  absent: "why a part was left out; error: why it failed",
};
const before = load();
/** The commit of a packed check; a checkout knows its own. */
const packed = join(import.meta.dirname, "commit");
const { commit, ...environment } = environmentOf([], null, before);
const document = () => ({
  schema: "cambium-gpu-check/2",
  about,
  device: device.name,
  webgpu: device,
  probes,
  drivers,
  small: flags.small,
  machine: {
    ...environment,
    ...{ commit: existsSync(packed) ? readFileSync(packed, "utf8") : commit, load: [before, load()] },
  },
  peak: peakOf(device.name),
  seconds: elapsed(),
  parts,
});

/** Runs a part if there is time, then writes all results so far, since the machine may be taken away at any moment. */
async function part(name: string, run: () => Promise<object>, dtype: "f32" | "f16" = "f32"): Promise<void> {
  const from = elapsed();
  let result: object;
  const late = setTimeout(
    () => {
      record(name, { absent: `stopped after ${elapsed().toFixed(0)} s` }, from);
      process.exit(1);
    },
    1000 * (limit + grace - from),
  );
  if (from > limit) result = { absent: `no time left after ${from.toFixed(0)} s` };
  else {
    result = await run().then(
      (found) => found,
      (error: unknown) => failed(error),
    );
  }
  clearTimeout(late);
  const { gflops } = result as { gflops?: number };
  const peak = peakOf(device.name)?.[dtype];
  const share = gflops !== undefined && peak !== undefined ? { ofPeak: gflops / peak } : {};
  record(name, { ...result, ...share }, from);
  const shown = gflops === undefined ? JSON.stringify(result).slice(0, 160) : `${gflops.toPrecision(4)} GFLOPS`;
  console.error(`${name}: ${shown} (${(elapsed() - from).toFixed(1)} s)`);
}

function record(name: string, result: object, from: number): void {
  parts[name] = { ...result, took: elapsed() - from };
  writeFileSync(flags.out, `${JSON.stringify(document(), null, 1)}\n`);
}

/** Something that the machine lacks is reported as absent, not as a failure. */
function failed(error: unknown): object {
  if (!(error instanceof CambiumError)) return { error: error instanceof Error ? error.stack : String(error) };
  const lacking = ["E_BACKEND_UNAVAILABLE", "E_PLUGIN_MISSING"].includes(error.code);
  return lacking ? { absent: error.summary } : { error: error.format() };
}

console.error(`device: ${device.name}`);
await part("gemm f32", () => gemm(webgpu, options, sizes, "f32"));
await part("gemm f16", () => gemm(webgpu, options, sizes, "f16"), "f16");
await part("conformance", () => conformance(webgpu, options, sizes));
await part("attention forward", () => attention(webgpu, options, sizes, false));
await part("attention with gradients", () => attention(webgpu, options, sizes, true));
for (const precision of ["f32", "mixed"] as const) {
  const dtype = precision === "mixed" ? "f16" : "f32";
  await part(`distil step ${precision}`, () => step(webgpu, options, sizes.distil, precision, sizes.steps), dtype);
  await part(`large step ${precision}`, () => step(webgpu, options, sizes.large, precision, sizes.steps), dtype);
}
const elsewhere = [
  ["onnx cuda", "onnx", { provider: "cuda" }],
  ["tfjs cuda", "tfjs", { engine: "node-gpu" }],
] as const;
for (const [name, backend, own] of elsewhere) {
  await part(`${name} distil step`, async () => step(await carried(backend), own, sizes.distil, "f32", sizes.steps));
}
console.error(`${flags.out}: ${elapsed().toFixed(0)} s`);
process.exit(device.name === "none" ? 1 : 0);
