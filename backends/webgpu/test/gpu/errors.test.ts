// What a GPU reports becomes typed errors: memory, loss, and invalid calls as defects.
import { useSwiftShader } from "@cambium/browser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, requestGpu } from "../../src/gpu/adapter.js";
import { gpuError, guarded, watchFaults } from "../../src/gpu/errors.js";

const storage = 0x80;
let gpu: Gpu;
beforeAll(async () => {
  await useSwiftShader();
  gpu = await requestGpu();
});
afterAll(() => gpu.device.destroy());

test("calls without an error return their value", async () => {
  const buffer = await guarded(gpu.device, "allocate", () => gpu.device.createBuffer({ size: 64, usage: storage }));
  expect(buffer.size).toBe(64);
  buffer.destroy();
});

test("memory that is not there is E_OUT_OF_MEMORY, named", async () => {
  const { device, limits } = gpu;
  const held: GPUBuffer[] = [];
  const exhaust = async () => {
    for (let i = 0; i < 64; i++) {
      await guarded(device, `allocate "weights" ${i}`, () => {
        held.push(device.createBuffer({ size: limits.maxBufferSize, usage: storage }));
      });
    }
  };
  await expect(exhaust()).rejects.toMatchObject({
    code: "E_OUT_OF_MEMORY",
    details: { where: expect.stringContaining("weights") },
  });
  for (const buffer of held) buffer.destroy();
});

test("an invalid call is a defect with the driver's words", async () => {
  const { device, limits } = gpu;
  const size = 2 * limits.maxBufferSize;
  await expect(guarded(device, "allocate", () => device.createBuffer({ size, usage: storage }))).rejects.toThrow(
    /invalid call \(allocate\): Buffer size/,
  );
});

test("what is thrown comes out, and the scopes are closed", async () => {
  const fail = () => {
    throw new TypeError("thrown");
  };
  await expect(guarded(gpu.device, "fail", fail)).rejects.toThrow("thrown");
  await expect(gpu.device.popErrorScope()).rejects.toThrow();
});

test("an internal error is the driver's: E_DRIVER", () => {
  class GPUInternalError extends Error {}
  expect(gpuError(new GPUInternalError("too complex\ndetails"), "compile")).toMatchObject({
    code: "E_DRIVER",
    details: { where: "compile", got: "too complex" },
  });
});

test("an error outside of every scope shows at the next check, once; a destroyed device is lost for good", async () => {
  const { device, limits } = await requestGpu();
  const watch = watchFaults(device, "SwiftShader");
  watch.check();
  device.createBuffer({ size: 2 * limits.maxBufferSize, usage: storage });
  await device.queue.onSubmittedWorkDone();
  await expect
    .poll(() => caught(() => watch.check()))
    .toMatchObject({ message: expect.stringContaining("invalid call") });
  watch.check();
  device.destroy();
  await device.lost;
  expect(caught(() => watch.check())).toMatchObject({ code: "E_DEVICE_LOST" });
  expect(() => watch.check()).toThrow("closed");
});

function caught(body: () => void): unknown {
  try {
    return body();
  } catch (error) {
    return error;
  }
}
