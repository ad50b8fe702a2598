// The peers compute what Cambium computes: the losses of a few steps equal those of the reference trainer.
import { referenceBackend } from "@cambium/backend";
import { batchAt, modelOf } from "@cambium/bench";
import { type Browser, openChromium, openPage } from "@cambium/browser";
import { freshState, Trainer } from "@cambium/train";
import { afterAll, beforeAll, expect, test } from "vitest";
import { initialParameters, learningRate, type Taken } from "../src/browser-page.js";

/** Pages of the contestants. */
const pages = Object.fromEntries(
  ["cambium-page", "jax-js", "tfjs-webgpu"].map((name) => [
    name,
    new URL(`../peers/${name}/page.ts`, import.meta.url).pathname,
  ]),
);
const size = { layers: 2, hidden: 16, intermediate: 24, heads: 4, kvHeads: 2, vocab: 32, batch: 2, context: 8 };
const count = 4;
let browser: Browser;
let expected: readonly number[];

beforeAll(async () => {
  browser = await openChromium();
  await using device = await referenceBackend.open();
  const config = modelOf(size);
  using trainer = await Trainer.open({ device, model: config, batch: size.batch, context: size.context });
  await trainer.load(freshState(initialParameters(config)));
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push((await trainer.step([batchAt(size, i)], learningRate)).loss);
  expected = losses;
}, 60_000);
afterAll(() => browser.close());

test.each(Object.keys(pages))("%s trains the same model", { timeout: 120_000 }, async (name) => {
  await using page = await openPage(browser, { entry: pages[name] as string });
  const first = await page.call<Taken>("setup", size);
  const { losses } = await page.call<Taken>("steps", count - 1);
  [...first.losses, ...losses].forEach((loss, i) => {
    expect(Math.abs(loss / (expected[i] as number) - 1)).toBeLessThan(1e-4);
  });
  const { dispatches, bytes } = await page.call<Record<string, number>>("counts");
  expect(dispatches).toBeGreaterThan(0);
  expect(bytes).toBeGreaterThan(0);
  expect(await page.call<number>("matmul", 64, 1)).toBeGreaterThan(0);
});
