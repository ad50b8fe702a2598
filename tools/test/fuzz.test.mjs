// The fuzzer in its smallest form: some 850 inputs for every reader. `node tools/fuzz.mjs` gives them a million.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutator } from "../fuzz/mutate.mjs";
import { mulberry32 } from "../random.mjs";
import { root } from "../setup.mjs";

test("readers answer inputs with success or a typed error, in time, and write nowhere else", () => {
  const args = [join(root, "tools", "fuzz.mjs"), "--inputs", "22000", "--seed", "3", "--json"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stdout, stderr).not.toBe("");
  const { inputs, faults } = JSON.parse(stdout);
  expect([inputs, faults]).toEqual([22_000, []]);
}, 900_000);

test("an input is reproduced from its number", () => {
  const sound = Buffer.from('{"a": [1, 2, {"b": "c"}]}');
  const made = (seed) => {
    const { bytes, json } = mutator(mulberry32(seed));
    return [bytes(sound, [sound]).toString("hex"), json(sound).toString("hex")];
  };
  expect(made(5)).toEqual(made(5));
  expect(made(5)).not.toEqual(made(6));
});
