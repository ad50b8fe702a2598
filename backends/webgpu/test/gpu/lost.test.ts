// A GPU that goes away while it is in use: every later call throws a typed error, and nothing hangs.

import type { DeviceTensor } from "@cambium/backend";
import { useSwiftShader } from "@cambium/browser";
import { f32, GraphBuilder, hostTensor, neg } from "@cambium/ir";
import { expect, test } from "vitest";
import { webgpuDevice } from "../../src/device.js";
import { requestGpu } from "../../src/gpu/adapter.js";

await useSwiftShader();

test("a lost device fails with E_DEVICE_LOST and can be closed", async () => {
  const gpu = await requestGpu();
  const device = webgpuDevice(gpu);
  const builder = new GraphBuilder();
  builder.output("y", neg(builder.input("x", f32(3))));
  const executable = await device.compile(builder.finish());
  const x = hostTensor("f32", [3], [1, 2, 3]);
  const tensor = await device.upload(x);
  await (await executable.run({ x }, { fetch: ["y"] })).fetched;
  gpu.device.destroy();
  await gpu.device.lost;
  const lost = { code: "E_DEVICE_LOST" };
  await expect(executable.run({ x }, { fetch: ["y"] })).rejects.toMatchObject(lost);
  await expect(device.upload(x)).rejects.toMatchObject(lost);
  await expect(device.download(tensor)).rejects.toMatchObject(lost);
  await device.close();
});

test.each([
  ["y", "y"],
  ["nothing", []],
])("a device that goes while runs that fetch %s are under way fails them and what they made", async (_, fetch) => {
  const gpu = await requestGpu();
  await using device = webgpuDevice(gpu);
  const builder = new GraphBuilder();
  const state = builder.input("state", f32(3));
  builder.output("state", neg(state), { replaces: "state" });
  builder.output("y", neg(state));
  builder.output("kept", neg(state));
  using executable = await device.compile(builder.finish());
  const [first, lost] = [await device.upload(hostTensor("f32", [3])), { code: "E_DEVICE_LOST" }];
  const one = await executable.run({ state: first }, { fetch: [fetch].flat() });
  const two = await executable.run({ state: one.outputs["state"] as DeviceTensor }, { fetch: [fetch].flat() });
  gpu.device.destroy();
  // Nobody looks at the first one's failure, which must not end the process.
  await expect(two.fetched).rejects.toMatchObject(lost);
  expect((await device.memory()).tensors).toBe(0);
  await expect(executable.run({ state: two.outputs["state"] as DeviceTensor })).rejects.toMatchObject(lost);
  await expect(device.download(one.outputs["kept"] as DeviceTensor)).rejects.toMatchObject(lost);
});
