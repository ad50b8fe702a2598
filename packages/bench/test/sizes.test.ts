// What the page says about model size: which contestant trains fastest, and from which size on.
import { expect, test } from "vitest";
import { winners } from "../src/node/page/sizes.js";
import type { Row } from "../src/result.js";

function row(backend: string, hidden: number, median: number): Row {
  const size = { layers: 4, hidden, intermediate: 2 * hidden, heads: 1, kvHeads: 1, vocab: 256, batch: 1, context: 8 };
  return { backend, size, median } as unknown as Row;
}

test("a crossover is named by its size", () => {
  const small = [row("a", 64, 10), row("b", 64, 9)];
  // 4 layers of 4 h² + 3 · 2 h² + 2 h, two tables of 256 h and a norm of h: 10.8 million for h = 512.
  const large = [row("a", 512, 3), row("b", 512, 4)];
  expect(winners([...large, ...small])).toEqual([
    "a trains fastest at the smallest size.",
    "b trains fastest from 11 million parameters on.",
  ]);
  expect(winners(small)).toEqual(["a trains fastest at every size measured."]);
});
