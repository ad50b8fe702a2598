// Growth whose rows are computed: the same memory for ten times the bytes. Operators come by their place, as a user's do.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, writeModel } from "./support/grow-models.js";

const child = new URL("support/memory-child.ts", import.meta.url).pathname;
const node = ["--import", "tsx", "--conditions", "@cambium/source", child];
const operators = new URL("../../../operators/", import.meta.url);

/**
 * In bytes: a process with what loads sources, 110 · 10⁶; two threads of 25 · 10⁶; rows in use or waiting for the garbage
 * collector, 64 MiB in each thread and in the one that writes what they hand over (all as `footprint.ts` has them); three
 * blocks of 4 · 10⁶ on their way to the disk. Of the larger model the float64 numbers alone are 387 · 10⁶, of the largest
 * that is looked at 10¹².
 */
const bound = 110e6 + 2 * 25e6 + 3 * 64 * 2 ** 20 + 3 * 4e6;

/** A process that grows, or looks at, a Llama of holes or of headers alone. */
async function measured(
  name: string,
  [layers, hidden, intermediate]: readonly [number, number, number],
  options: object,
  look = false,
): Promise<{ readonly written: number; readonly peak: number }> {
  const dir = await tempDir();
  const shards = llamaShards(layers, hidden, intermediate);
  const config = llamaJson(layers, hidden, intermediate);
  const source = writeModel(join(dir, "a"), config, shards, look ? "none" : "sparse");
  const { href } = new URL(`${name}/src/index.ts`, operators);
  const args = [...node, source, join(dir, "b"), href, JSON.stringify(options), ...(look ? ["look"] : [])];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

it.each([
  ["direct-width", (hidden: number) => ({ hidden: 2 * hidden })],
  ["zero-depth", () => ({ factor: 2 })],
])(
  "%s: both below one bound",
  async (name, options) => {
    const small = await measured(name, [1, 384, 768], options(384));
    const large = await measured(name, [3, 896, 1792], options(896));
    expect(large.written).toBeGreaterThan(10 * small.written);
    expect(small.peak).toBeLessThan(bound);
    expect(large.peak).toBeLessThan(bound);
  },
  120_000,
);

it("a 70B-shaped checkpoint is looked at for growth in width in that memory too: its plan's lists are its map's", async () => {
  const { written, peak } = await measured("direct-width", [80, 8192, 28_672], { hidden: 16_384 }, true);
  expect(written).toBeGreaterThan(250e9);
  expect(peak).toBeLessThan(bound);
}, 60_000);
