// Which invocations may exchange values by shuffles. WGSL does not say how the invocations of a workgroup are assigned
// to subgroups. Kernels rely on them being in order, as they are with all known drivers, so this is tested once per
// device.
/// <reference types="@webgpu/types" />
import type { Gpu } from "./adapter.js";
import { GPU_BUFFER_USAGE } from "./heap.js";

/** For `DeviceTraits.subgroupSize`: the smallest size of a subgroup here if its invocations are in order, else 0. */
export async function orderedSubgroupSize({ device, adapter, features, limits }: Gpu): Promise<number> {
  const [least] = adapter.subgroupSizes;
  if (!features.has("subgroups") || least < 4 || !Number.isInteger(Math.log2(least))) return 0;
  const count = Math.min(256, limits.maxComputeInvocationsPerWorkgroup);
  const steps = Array.from({ length: Math.log2(least) }, (_, i) => 2 ** i);
  const code = `enable subgroups;
@group(0) @binding(0) var<storage, read_write> wrong: array<u32>;
@compute @workgroup_size(${count})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(subgroup_invocation_id) own: u32, @builtin(subgroup_size) size: u32) {
  var bad = own != lane % size;
${steps.map((by) => `  let from${by} = subgroupShuffleXor(lane, ${by}u);\n  bad = bad || from${by} != (lane ^ ${by}u);`).join("\n")}
  wrong[lane] = select(0u, 1u, bad);
}`;
  const size = 4 * count;
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPU_BUFFER_USAGE;
  const wrong = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const read = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  try {
    const module = device.createShaderModule({ code });
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    const entries = [{ binding: 0, resource: { buffer: wrong } }];
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(wrong, 0, read, 0, size);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(1); // GPUMapMode.READ
    return new Uint32Array(read.getMappedRange()).every((one) => one === 0) ? least : 0;
  } finally {
    wrong.destroy();
    read.destroy();
  }
}
