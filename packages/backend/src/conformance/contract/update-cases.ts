// Updates that a device may carry out in place: they change no other tensor.
import { adamw, broadcast, f32, hostTensor, i32, reshape, slice, type Tensor, transpose } from "@cambium/ir";
import type { Device, DeviceTensor } from "../../contract.js";
import { assertSameBits } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { graphOf, ramp } from "../small-graphs.js";
import type { Values } from "../values.js";

/** x f32[4, 8] under several names and shapes, each of which an engine may make without copying. */
const passedOn = graphOf((builder) => {
  const x = builder.input("x", f32(4, 8));
  const rows = slice(x, { start: [0, 0], end: [2, 8] });
  const made: Record<string, Tensor> = {
    ...{ same: x, again: x, rows, flat: reshape(x, { shape: [32] }), more: reshape(rows, { shape: [4, 4] }) },
    line: transpose(reshape(x, { shape: [1, 32] }), { permutation: [1, 0] }),
    wide: broadcast(x, { shape: [4, 8] }),
  };
  for (const [name, value] of Object.entries(made)) builder.output(name, value);
});

const update = (shape: readonly number[]) =>
  graphOf((builder) => {
    const given = (name: string) => builder.input(name, f32(...shape));
    const [param, grad, m, v] = [given("param"), given("grad"), given("m"), given("v")];
    const [scale, lr, step] = [builder.input("scale", f32()), builder.input("lr", f32()), builder.input("step", i32())];
    const settings = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 };
    const next = adamw(param, grad, m, v, scale, lr, step, settings);
    for (const [i, name] of ["param", "m", "v"].entries()) builder.output(name, next[i] as Tensor, { replaces: name });
  });

export function updateCases(values: Values): ConformanceCase[] {
  return [
    test("an update in place changes no other tensor, whatever it was made from", async (device) => {
      using executable = await device.compile(passedOn);
      const x = await device.upload(ramp(4, 8));
      const { outputs } = await executable.run({ x });
      const tensors = new Map<string, DeviceTensor>([["x", x], ...Object.entries(outputs)]);
      const before = new Map<string, Awaited<ReturnType<Device["download"]>>>();
      for (const [name, tensor] of tensors) before.set(name, await device.download(tensor));
      for (const updated of [...tensors.keys()]) {
        await updateOnce(device, tensors, updated);
        before.set(updated, await device.download(tensors.get(updated) as DeviceTensor));
        for (const [name, tensor] of tensors) {
          const now = await device.download(tensor);
          if (values.computed)
            assertSameBits(now, before.get(name) as typeof now, `${name} after the update of ${updated}`);
        }
      }
      for (const tensor of tensors.values()) tensor.dispose();
    }),
  ];
}

/** Updates the tensor of that name twice; the second time over what the first one made. */
async function updateOnce(device: Device, tensors: Map<string, DeviceTensor>, name: string): Promise<void> {
  const { shape } = (tensors.get(name) as DeviceTensor).type;
  using executable = await device.compile(update(shape));
  let [m, v] = [await device.upload(hostTensor("f32", shape)), await device.upload(hostTensor("f32", shape))];
  for (const step of [1, 2]) {
    const host = { grad: ramp(...shape), scale: hostTensor("f32", [], [1]), lr: hostTensor("f32", [], [0.1]) };
    const given = { ...host, step: hostTensor("i32", [], [step]), param: tensors.get(name) as DeviceTensor, m, v };
    const { outputs } = await executable.run(given);
    tensors.set(name, outputs["param"] as DeviceTensor);
    [m, v] = [outputs["m"] as DeviceTensor, outputs["v"] as DeviceTensor];
  }
  m.dispose();
  v.dispose();
}
