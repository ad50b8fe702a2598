// The backend with a slowed kernel: right results, and the share of processor time that was asked for.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../setup.mjs";

/** Prints the processor time of 30 transposes, and an element of the last. */
const script = `
import { f32, GraphBuilder, hostTensor, transpose } from "./packages/ir/dist/index.js";
import slowed from "./tools/bench-power/slowed.mjs";
const device = await slowed.open({ engine: "wasm", percent: Number(process.argv[1]) });
const builder = new GraphBuilder();
builder.output("y", transpose(builder.input("x", f32(600, 400)), { permutation: [1, 0] }));
const executable = await device.compile(builder.finish());
const x = hostTensor("f32", [600, 400], Array.from({ length: 240_000 }, (_, i) => i));
const run = async () => (await (await executable.run({ x }, { fetch: ["y"] })).fetched).y.data[1];
for (let i = 0; i < 10; i++) await run();
const before = process.cpuUsage();
let second;
for (let i = 0; i < 30; i++) second = await run();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ second, spent: user + system }));
process.exit(0);
`;

test("a slowed kernel computes the same in more processor time", () => {
  const [plain, slow] = [0, 4000].map((percent) => {
    const args = ["--input-type=module", "-e", script, String(percent)];
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));
  });
  expect([plain.second, slow.second]).toEqual([400, 400]);
  // Forty times the kernel, so that it outweighs transfers, and what other threads compile or collect in between.
  expect(slow.spent / plain.spent).toBeGreaterThan(1.5);
});
