// Tensors: uploaded, downloaded, counted, disposed.
import { type DType, type HostTensor, hostTensor } from "@cambium/ir";
import type { DeviceTensor } from "../../contract.js";
import { assertRejects, assertSameBits, assertThat } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import type { Values } from "../values.js";

/** Values whose bits a careless copy changes: signed zeros, subnormals, the largest numbers, infinities. */
const awkward: Record<DType, HostTensor> = {
  f32: hostTensor(
    "f32",
    [8],
    [0, -0, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1 / 3],
  ),
  i32: hostTensor("i32", [5], [0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1]),
  bool: hostTensor("bool", [3], [0, 1, 1]),
  f16: hostTensor("f16", [4], [0x8000, 0x0001, 0x7bff, 0xfc00]),
  bf16: hostTensor("bf16", [4], [0x8000, 0x0001, 0x7f7f, 0xff80]),
};

export function tensorCases(values: Values): ConformanceCase[] {
  return [
    test("a downloaded tensor equals the uploaded one to the bit", async (device) => {
      for (const dtype of device.info.accepts) {
        const { data } = awkward[dtype];
        const shapes = [[data.length], [1, data.length, 1]];
        for (const host of [
          ...shapes.map((shape) => hostTensor(dtype, shape, data)),
          hostTensor(dtype, [], data.slice(1, 2)),
        ]) {
          using tensor = await device.upload(host);
          const back = await device.download(tensor);
          if (values.computed) assertSameBits(back, host, `${dtype}[${host.shape}]`);
          assertThat(back.dtype === dtype && `${back.shape}` === `${host.shape}`, "the type must come back");
        }
      }
    }),
    test("upload and download copy", async (device) => {
      // An engine may use host memory in place if it is aligned to 64 bytes; some of these tensors are.
      const hosts = Array.from({ length: 32 }, () => hostTensor("f32", [3], [1, 2, 3]));
      const tensors: DeviceTensor[] = [];
      for (const host of hosts) tensors.push(await device.upload(host));
      for (const host of hosts) host.data.fill(9);
      for (const tensor of tensors.slice(1)) {
        const copy = await device.download(tensor);
        tensor.dispose();
        if (values.computed) assertSameBits(copy, hostTensor("f32", [3], [1, 2, 3]), "an uploaded tensor");
      }
      using tensor = tensors[0] as DeviceTensor;
      const first = await device.download(tensor);
      first.data.fill(7);
      const second = await device.download(tensor);
      assertThat(first.data !== second.data && second.data[0] !== 7, "two downloads must not share memory");
      if (values.computed) assertSameBits(second, hostTensor("f32", [3], [1, 2, 3]), "the tensor");
    }),
    test("upload refuses data that does not fill its shape: E_SHAPE", async (device) => {
      await assertRejects(device.upload({ dtype: "f32", shape: [2, 3], data: new Float32Array(5) }), "E_SHAPE");
    }),
    test("upload refuses a dtype that the device does not accept: E_UNSUPPORTED", async (device) => {
      for (const host of Object.values(awkward))
        if (!device.info.accepts.includes(host.dtype))
          await assertRejects(device.upload(host), "E_UNSUPPORTED", host.dtype);
    }),
    test("memory counts live tensors and their bytes", async (device) => {
      const before = await device.memory();
      const [a, b] = [await device.upload(hostTensor("f32", [10])), await device.upload(hostTensor("i32", [2, 3]))];
      const during = await device.memory();
      assertThat(during.tensors === before.tensors + 2, "two more tensors must count as two");
      assertThat(during.bytes === before.bytes + 64, "10 f32 and 6 i32 are 64 bytes");
      assertThat(during.peakBytes >= during.bytes, "the peak cannot be below what is alive");
      a.dispose();
      b[Symbol.dispose]();
      const after = await device.memory();
      assertThat(after.tensors === before.tensors && after.bytes === before.bytes, "disposed tensors must not count");
      assertThat(after.peakBytes >= during.bytes, "the peak must stay");
    }),
    test("a disposed tensor cannot be read: E_DISPOSED; disposing twice is allowed", async (device) => {
      const tensor = await device.upload(hostTensor("f32", [2]));
      tensor.dispose();
      tensor.dispose();
      await assertRejects(device.download(tensor), "E_DISPOSED");
    }),
  ];
}
