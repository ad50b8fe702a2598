// The lists of layers that depth operators share, at every depth.
import {
  groupedLayers,
  interleavedLayers,
  interpolatedLayers,
  pairedLayers,
  repeatedLayers,
  stackedLayers,
  toppedLayers,
} from "@cambium/growth";
import { expect, test } from "vitest";
import { codeOf } from "../src/conformance/assert.js";

const all = { stackedLayers, interpolatedLayers, interleavedLayers, toppedLayers, groupedLayers, pairedLayers };
/** Those that leave the base's order as it is: without repeats they are the base. */
const inOrder = { interpolatedLayers, interleavedLayers, toppedLayers, groupedLayers, pairedLayers };
const upTo = (n: number) => [...Array(n).keys()];

test.each(Object.entries(all))("%s keeps every base layer, whatever the target, or refuses it", (name, list) => {
  for (let l = 1; l <= 9; l++) {
    for (let target = l; target <= 4 * l; target++) {
      if (codeOf(() => list(l, target)) === "E_GROWTH_LAYERS") continue;
      const layers = list(l, target);
      expect([layers.length, [...new Set(layers)].toSorted()]).toEqual([target, upTo(l)]);
      const once = layers.filter((_, t) => !repeatedLayers(layers).has(t));
      if (Object.hasOwn(inOrder, name)) expect(once).toEqual(upTo(l));
      if (target === l) expect(layers).toEqual(upTo(l));
    }
  }
});

test("the groups of LLaMA Pro's code make some depths, pairs at most twice the layers", () => {
  const depths = (list: (base: number, target: number) => number[]) =>
    upTo(13).flatMap((n) => (codeOf(() => list(6, 6 + n)) === null ? [6 + n] : []));
  // ⌊6 / ⌊6 / n⌋⌋ = n for 1, 2, 3 and 6 new layers.
  expect(depths(groupedLayers)).toEqual([6, 7, 8, 9, 12]);
  expect(depths(pairedLayers)).toEqual([6, 7, 8, 9, 10, 11, 12]);
});

test("repeats are told from originals", () => {
  expect([...repeatedLayers([0, 1, 0, 2, 2])]).toEqual([2, 4]);
  expect(toppedLayers(2, 7)).toEqual([0, 1, 1, 0, 1, 0, 1]);
  expect(pairedLayers(4, 6)).toEqual([0, 1, 2, 2, 3, 3]);
});
