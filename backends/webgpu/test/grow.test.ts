// What trains in Node trains in a browser: the same module, with no module of Node's in the page, and the same losses.
import { join } from "node:path";
import { bundlePage, runInPage, useSwiftShader } from "@cambium/browser";
import { expect, test } from "vitest";
import { trainGrowTrain } from "./grow-page.js";

await useSwiftShader();
const entry = join(import.meta.dirname, "grow-page.ts");

test("a page gets what it uses of the schemas' library, not its messages in forty languages", async () => {
  const page = await bundlePage({ entry });
  expect(page).toContain("zod");
  // `import { z }` would bring them.
  expect(page).not.toMatch(/locales\/(?!en\.)/);
});

test("a page trains, grows and trains on as Node does", { timeout: 120_000 }, async () => {
  const here = await trainGrowTrain();
  const there = await runInPage<number[]>({ entry, call: "trainGrowTrain" });
  expect(here).toHaveLength(12);
  expect(here.every(Number.isFinite)).toBe(true);
  expect(here.at(-1)).toBeLessThan(here[0] as number);
  // One SwiftShader comes with Chromium, one beside it; both compute in f32, in the same order.
  there.forEach((loss, step) => expect(Math.abs(loss / (here[step] as number) - 1)).toBeLessThan(1e-6));
});
