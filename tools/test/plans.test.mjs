// One plan of every operator on a device whose arithmetic differs from the host's; tools/plans.mjs runs all, on any
// device.
import { afterAll, beforeAll, expect, test } from "vitest";
import onnx from "../../backends/onnx/src/index.ts";
import { growAll, isPreset, operators } from "../plans/grow-all.mjs";

let device;
beforeAll(async () => {
  device = await onnx.open();
});
afterAll(() => device.close());

test.each(operators.filter((name) => !isPreset(name)))("%s", async (name) => {
  expect(await growAll(name, device, { small: true })).toBe(1);
});
