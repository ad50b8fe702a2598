// What is sent to a thread that makes rows: each list once, and the same expressions on the other side.
import type { Typed } from "@cambium/growth";
import { expect, test } from "vitest";
import { ListNumbers, listed } from "../src/node/rows/lists.js";

const known = { shape: [4, 2], labels: [null, null] };
const source: Typed = { kind: "source", name: "w", ...known };
const indices = [0, 1, 0, -1];
const factors = [1, 0.5, 0.5, 2];
const taken: Typed = { kind: "take", of: source, at: 0, unit: 1, indices, factors, elements: undefined, ...known };
const bare: Typed = { ...taken, of: taken, factors: undefined, elements: taken };

test("each list is sent once, and expressions arrive whole, however deep the lists are", () => {
  const whole: Typed[] = [
    { kind: "linear", terms: [bare, source], factors: [1, 2], ...known },
    { kind: "concat", parts: [source, bare], at: 0, ...known },
    { kind: "matmul", left: taken, right: bare, transposeLeft: false, transposeRight: true, ...known },
    { kind: "given", name: "g", by: { kind: "measure" } as never, start: bare, ...known },
    bare,
  ];
  const numbers = new ListNumbers();
  const there = new Map<number, readonly number[]>();
  for (const [i, typed] of whole.entries()) {
    const sent = structuredClone(numbers.numbered(typed));
    expect(JSON.stringify(sent.typed)).not.toContain(JSON.stringify(factors));
    expect([...sent.lists.values()]).toEqual(i === 0 ? [indices, factors] : []);
    for (const [number, list] of sent.lists) there.set(number, list);
    expect(listed(sent.typed, there)).toEqual(typed);
  }
});
