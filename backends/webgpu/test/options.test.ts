// The backend's options: invalid ones are refused, and those that decide bits are in the device's name.
import { useSwiftShader } from "@cambium/browser";
import { expect, test } from "vitest";
import backend from "../src/index.js";

await useSwiftShader();

test.each([
  [{ kernels: "npu" }, /npu/],
  [{ maxBindingBytes: 1000 }, /1024/],
  [{ maxBindingBytes: -1 }, /1024/],
  [{ adapter: 7 }, /adapter/],
])("%o is refused", async (options, says) => {
  const error = await backend.open(options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "E_BACKEND_OPTION" });
  expect((error as { format(): string }).format()).toMatch(says);
});

test.each([
  [{}, "(Dawn, software)"],
  [{ kernels: "cpu" }, "(Dawn, software)"],
  [{ kernels: "gpu" }, "(Dawn, software, kernels=gpu)"],
  [{ tune: true }, "(Dawn, software, tuned)"],
])("%o is in the device's name if it changes bits", async (options, notes) => {
  await using device = await backend.open(options);
  expect(device.info.device).toContain(notes);
});
