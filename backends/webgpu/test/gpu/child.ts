// A process that uses a GPU and ends by itself: it opens a device, computes, idles, and then destroys the device, or
// leaves it, or destroys it and opens others, with the garbage collected in between.
// Says on stdout, as JSON, what it cost.
import { useSwiftShader } from "@cambium/browser";
import { webgpuDevice } from "../../src/device.js";
import { requestGpu } from "../../src/gpu/adapter.js";

const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const collect = (globalThis as { gc?: () => void }).gc;

await useSwiftShader();
const { device } = await requestGpu();
const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var i = 0u; i < 1000u; i++) { x[id.x] = fma(x[id.x], 0.5, 1.0); }
}`;
const pipeline = device.createComputePipeline({
  layout: "auto",
  compute: { module: device.createShaderModule({ code }) },
});
const buffer = device.createBuffer({ size: 4 * 65_536, usage: 0x84 });
const bindGroup = device.createBindGroup({
  layout: pipeline.getBindGroupLayout(0),
  entries: [{ binding: 0, resource: { buffer } }],
});
const dispatch = () => {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(1024);
  pass.end();
  device.queue.submit([encoder.finish()]);
};
dispatch();
await device.queue.onSubmittedWorkDone();

collect?.();
const before = seconds();
await new Promise((resolve) => setTimeout(resolve, 500));
const idle = seconds() - before;
collect?.();
dispatch();
if (process.argv[2] !== "leave") device.destroy();
for (let again = 0; process.argv[2] === "reopen" && again < 8; again++) {
  const other = webgpuDevice(await requestGpu());
  collect?.();
  await other.close();
  for (let turn = 0; turn < 5; turn++) {
    collect?.();
    await new Promise(setImmediate);
  }
}
const done = seconds();
process.once("exit", () => console.log(JSON.stringify({ idle, ending: seconds() - done })));
