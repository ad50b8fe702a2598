// Growth whose rows are computed: the same memory for ten times the bytes. Operators come by their place, as a user's do.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { llamaJson, llamaShards, writeModel } from "./support/grow-models.js";
import { tempDir } from "./support/temp.js";

const child = new URL("support/memory-child.ts", import.meta.url).pathname;
const node = ["--import", "tsx", "--conditions", "@cambium/source", child];
const operators = new URL("../../../operators/", import.meta.url);

/**
 * In bytes: a process with what loads sources, 110 · 10⁶; blocks of rows in use or waiting for the garbage collector, 64 of
 * 2 MiB (both as `footprint.ts` has them); three blocks of 4 · 10⁶ on their way to the disk. Of the larger model the
 * float64 numbers alone are 258 · 10⁶.
 */
const bound = 110e6 + 64 * 2 ** 21 + 3 * 4e6;

it.each([
  ["direct-width", (hidden: number) => ({ hidden: 2 * hidden })],
  ["zero-depth", () => ({ factor: 2 })],
])(
  "%s: both below one bound",
  async (name, options) => {
    const dir = await tempDir();
    const run = (layers: number, hidden: number): { written: number; peak: number } => {
      const shards = llamaShards(layers, hidden, 2 * hidden);
      const source = writeModel(join(dir, `${hidden}`), llamaJson(layers, hidden, 2 * hidden), shards, "sparse");
      const { href } = new URL(`${name}/src/index.ts`, operators);
      const args = [...node, source, join(dir, `${hidden} grown`), href, JSON.stringify(options(hidden))];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      expect(stderr).toBe("");
      return JSON.parse(stdout);
    };
    const [small, large] = [run(1, 384), run(2, 896)];
    expect(large.written).toBeGreaterThan(10 * small.written);
    expect(small.peak).toBeLessThan(bound);
    expect(large.peak).toBeLessThan(bound);
  },
  120_000,
);
