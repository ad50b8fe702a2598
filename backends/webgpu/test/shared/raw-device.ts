// A device on SwiftShader for tests of single kernels, with everything that kernels may use.
import { useSwiftShader } from "@cambium/browser";
import { afterAll, beforeAll } from "vitest";
import { requestGpu } from "../../src/gpu/adapter.js";

/** Opens a device before the file's tests and destroys it after them; the result is that device. */
export function rawDevice(): () => GPUDevice {
  let device: GPUDevice | undefined;
  beforeAll(async () => {
    await useSwiftShader();
    device = (await requestGpu()).device;
  }, 120_000);
  afterAll(() => device?.destroy());
  return () => device as GPUDevice;
}
