// Every device suite, in small sizes, on the reference and on the null backend.
import { nullBackend, referenceBackend } from "@cambium/backend";
import { expect, test } from "vitest";
import { engagement } from "../src/engaged.js";
import type { DeviceSuite, Size } from "../src/suite.js";
import { deviceSuites, peaks } from "../src/suites/index.js";

const step = { layers: 1, hidden: 8, intermediate: 16, heads: 2, kvHeads: 2, vocab: 256, batch: 1, context: 8 };
const small: Readonly<Record<string, Size>> = {
  ...{ gemm: { m: 5, n: 3, k: 4 }, "gemm-peak": { m: 4, n: 4, k: 4 }, "stream-peak": { elements: 16 } },
  ...{ ops: { rows: 8, columns: 4 }, attention: { batch: 1, heads: 2, kvHeads: 1, headDim: 4, context: 6 } },
  switch: { ...step, factor: 2 },
  ...{ step, train: step, scale: step, cold: step, compile: step, generate: { ...step, prompt: 5, made: 3 } },
  "generate-large": { ...step, prompt: 5, made: 3 },
};
const all = [...peaks, ...deviceSuites].flatMap((suite) => suite.cases(false).map((one) => ({ suite, one })));
const largest = (suite: DeviceSuite, size: Size) => ({ ...size, ...small[suite.name] });

test.each(all.map(({ suite, one }) => [suite.name, one.name, suite, one] as const))(
  "%s %s agrees on the reference backend and does not on the null backend",
  async (_, __, suite, one) => {
    const tiny = { ...one, size: largest(suite, one.size) };
    await using device = await referenceBackend.open();
    const prepared = await suite.prepare(tiny, device);
    const seconds = await prepared.turn(2);
    expect(seconds.every((each) => each > 0)).toBe(true);
    expect(await prepared.parity()).toMatchObject({ agrees: true });
    await prepared.dispose();
    expect((await device.memory()).tensors).toBe(0);
    await using nothing = await nullBackend.open();
    const empty = await suite.prepare(tiny, nothing);
    // Training and sampling refuse NaN; a graph's zeros are wrong.
    const verdict = await empty.parity().catch(() => ({ agrees: false }));
    expect(verdict.agrees).toBe(false);
    await empty.dispose();
  },
);

test.each(
  [...peaks, ...deviceSuites].filter(({ inPrecisions }) => inPrecisions).map((suite) => [suite.name, suite] as const),
)("%s in bf16 says so, and agrees within its tolerance", async (_, suite) => {
  const [one] = suite.cases(true);
  if (!one) throw new RangeError("a suite without cases");
  await using device = await referenceBackend.open();
  const engaged = engagement(device);
  const prepared = await suite.prepare({ ...one, size: largest(suite, one.size) }, device, "bf16");
  expect(engaged()).toMatchObject({ precision: "bf16", replay: "interpreted" });
  const { agrees, error } = await prepared.parity();
  expect(agrees).toBe(true);
  // A case computed in f32 after all would differ only by f32 rounding.
  if (suite.name !== "gemm" && suite.name !== "gemm-peak") expect(error).toBeGreaterThan(1e-6);
  await prepared.dispose();
});

test("the cases of a suite have distinct names, and a quick run has no more of them", () => {
  for (const suite of [...peaks, ...deviceSuites]) {
    const names = suite.cases(false).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(suite.cases(true).length).toBeLessThanOrEqual(names.length);
  }
});
