// The fuzzer in its smallest form: some inputs for every reader. `node tools/fuzz.mjs` gives them a million.
import { expect, test } from "vitest";
import { mutator } from "../fuzz/mutate.mjs";
import { fuzz } from "../fuzz/run.mjs";
import { mulberry32 } from "../random.mjs";

test("every reader answers a thousand inputs with success or a typed error, in time, and writes nowhere else", async () => {
  const { inputs, faults } = await fuzz({ inputs: 1000, seed: 3 });
  expect([inputs, faults]).toEqual([1000, []]);
}, 120_000);

test("an input is made again by its number", () => {
  const sound = Buffer.from('{"a": [1, 2, {"b": "c"}]}');
  const made = (seed) => {
    const { bytes, json } = mutator(mulberry32(seed));
    return [bytes(sound, [sound]).toString("hex"), json(sound).toString("hex")];
  };
  expect(made(5)).toEqual(made(5));
  expect(made(5)).not.toEqual(made(6));
});
