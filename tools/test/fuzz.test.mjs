// The fuzzer in its smallest form: some 850 inputs for every reader. `node tools/fuzz.mjs` gives them a million.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutator } from "../fuzz/mutate.mjs";
import { fuzz } from "../fuzz/run.mjs";
import { mulberry32 } from "../random.mjs";
import { root } from "../setup.mjs";

test("readers answer inputs with success or a typed error, in time, and write nowhere else", () => {
  const args = [join(root, "tools", "fuzz.mjs"), "--inputs", "22000", "--seed", "3", "--json"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stdout, stderr).not.toBe("");
  const { inputs, faults } = JSON.parse(stdout);
  expect([inputs, faults]).toEqual([22_000, []]);
}, 900_000);

test("what one input of a batch does is found and told of that input", async () => {
  const readersAt = new URL("fuzz/readers.mjs", import.meta.url).href;
  const limits = { mostSeconds: 0.5, mostMegabytes: 250 };
  const { count, faults } = await fuzz({ inputs: 6, seed: 1, jobs: 1, ...limits, readersAt });
  const told = Object.fromEntries(faults.map(({ reader, input, what }) => [reader, `${input}: ${what}`]));
  expect(told).toEqual({
    defect: expect.stringMatching(/^1: TypeError: a defect/),
    slow: "2: more than 0.5 s of processor time",
    stray: "3: wrote stranger beside its folder",
    large: "4: more than 250 MB",
    gone: "5: the thread ended: it ended by itself",
  });
  expect(count).toBe(5);
}, 60_000);

test("a reader that there is not is answered with those that there are", () => {
  const args = [join(root, "tools", "fuzz.mjs"), "--reader", "confg"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([status, stderr.trim()]).toEqual([2, expect.stringMatching(/^There is no reader "confg"\. .*"config", .*$/)]);
});

test("an input is reproduced from its number", () => {
  const sound = Buffer.from('{"a": [1, 2, {"b": "c"}]}');
  const made = (seed) => {
    const { bytes, json } = mutator(mulberry32(seed));
    return [bytes(sound, [sound]).toString("hex"), json(sound).toString("hex")];
  };
  expect(made(5)).toEqual(made(5));
  expect(made(5)).not.toEqual(made(6));
});
