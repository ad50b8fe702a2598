// A GPU that goes away while it is in use: a typed error from whatever is asked of it next, and nothing hangs.
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
  await executable.run({ x }, { fetch: ["y"] });
  gpu.device.destroy();
  await gpu.device.lost;
  const lost = { code: "E_DEVICE_LOST" };
  await expect(executable.run({ x }, { fetch: ["y"] })).rejects.toMatchObject(lost);
  await expect(device.upload(x)).rejects.toMatchObject(lost);
  await expect(device.download(tensor)).rejects.toMatchObject(lost);
  await device.close();
});

test("a device that goes while a run is under way fails that run, which leaves no tensor", async () => {
  const gpu = await requestGpu();
  await using device = webgpuDevice(gpu);
  const builder = new GraphBuilder();
  const y = neg(builder.input("x", f32(3)));
  for (const name of ["y", "kept"]) builder.output(name, y);
  using executable = await device.compile(builder.finish());
  const running = executable.run({ x: hostTensor("f32", [3], [1, 2, 3]) }, { fetch: ["y"] });
  gpu.device.destroy();
  await expect(running).rejects.toMatchObject({ code: "E_DEVICE_LOST" });
  expect((await device.memory()).tensors).toBe(0);
});
