// Measured speeds as a table, and the sentence that says which flags to use.
import type { Speed } from "@cambium/run";
import { expect, test } from "vitest";
import { speedText } from "../src/recipe-speed-view.js";

test("says which flags are faster than the recipe's own choice, and that nothing is switched", () => {
  const speed = (backend: string, precision: "f32" | "bf16", tokensPerSecond: number): Speed => ({
    ...{ backend, precision, tokensPerSecond, device: "cpu", remembered: false },
  });
  const found = [speed("onnx", "f32", 1000), speed("tfjs", "bf16", 2500), { backend: "webgpu", reason: "no adapter" }];
  const text = speedText(found, { backend: "onnx", precision: "f32" });
  expect(text).toMatch(/^ {2}tfjs +bf16 +2\.5k tokens\/s.*\n {2}onnx +f32/);
  expect(text).toContain("webgpu: no adapter");
  expect(text).toMatch(/2\.5 times the recipe's onnx in f32\..*--backend tfjs --precision bf16\. Nothing is switched/);
  expect(speedText(found, { backend: "tfjs", precision: "bf16" })).toContain("what the recipe says");
  expect(speedText(found, { backend: "auto", precision: "f32" })).toContain("the run takes onnx.");
  expect(speedText([], { backend: "onnx", precision: "f32" })).toContain("No backend can train it here");
});
