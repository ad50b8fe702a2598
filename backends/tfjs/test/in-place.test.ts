// AdamW in place on tfjs-node: where it happens, and that no other tensor changes by it.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import {
  adamw,
  add,
  everyOp,
  exp,
  f32,
  GraphBuilder,
  hostTensor,
  i32,
  neg,
  numel,
  reshape,
  type Shape,
  sampleGraph,
  sampleInputs,
} from "@cambium/ir";
import { describe, expect, test, vi } from "vitest";
import { loadNodeEngine } from "../src/engines/node-binding.js";
import backend from "../src/index.js";

const found = (await backend.probe()).find(({ device }) => device === "node");
const fused = found?.available === true && found.detail.includes("with Cambium's ops");

/** An update of `param`; with `late`, a reshape of the old one, which lies in its memory, is read after the update. */
function updateGraph(shape: Shape, late = false) {
  const builder = new GraphBuilder();
  const given = (name: string) => builder.input(name, f32(...shape));
  const [param, grad, m, v] = [given("param"), given("grad"), given("m"), given("v")];
  const [scale, lr, step] = [builder.input("scale", f32()), builder.input("lr", f32()), builder.input("step", i32())];
  const flat = { shape: [numel(shape)] };
  const old = reshape(param, flat);
  const settings = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 };
  const next = adamw(param, grad, m, v, scale, lr, step, settings);
  for (const [i, name] of (["param", "m", "v"] as const).entries())
    builder.output(name, next[i as 0 | 1 | 2], { replaces: name });
  if (late) builder.output("both", add(old, reshape(next[0], flat)));
  return builder.finish();
}

async function inputsWith(param: DeviceTensor, device: Device) {
  const { shape } = param.type;
  const zeros = hostTensor("f32", shape);
  const [m, v] = [await device.upload(zeros), await device.upload(zeros)];
  const scalars = {
    scale: hostTensor("f32", [], [1]),
    lr: hostTensor("f32", [], [0.5]),
    step: hostTensor("i32", [], [1]),
  };
  const grad = hostTensor("f32", shape, new Float32Array(numel(shape)).fill(1));
  return { param, grad, m, v, ...scalars };
}

async function update(device: Device, executable: Executable, param: DeviceTensor) {
  const { outputs } = await executable.run(await inputsWith(param, device));
  return Object.values(outputs);
}

describe.runIf(fused)("tfjs-node", () => {
  test("updates in place, but not where the old values are read afterwards", { timeout: 60_000 }, async () => {
    await using device = await backend.open({ engine: "node" });
    const { tf } = await loadNodeEngine("node");
    const engine = tf.engine().backend as unknown as { binding: { executeOp(...args: unknown[]): unknown } };
    const { binding } = engine;
    const inPlace: unknown[] = [];
    const executeOp = (name: string, attrs: readonly { name: string; value: unknown }[], ...rest: unknown[]) => {
      for (const { name, value } of attrs) if (name === "inPlace") inPlace.push(value);
      return binding.executeOp(name, attrs, ...rest);
    };
    engine.binding = Object.create(binding, { executeOp: { value: executeOp } });
    try {
      for (const late of [false, true]) {
        using executable = await device.compile(updateGraph([2, 3], late));
        const param = await device.upload(hostTensor("f32", [2, 3], [1, 2, 3, 4, 5, 6]));
        const [next, , , both] = await update(device, executable, param);
        const data = [...(await device.download(next as DeviceTensor)).data];
        if (both) expect([...(await device.download(both)).data]).toEqual(data.map((x, i) => Math.fround(x + i + 1)));
      }
    } finally {
      engine.binding = binding;
    }
    expect(inPlace).toEqual([1, 0]);
  });

  test("a failed update keeps none of the tensors that it was to overwrite", { timeout: 60_000 }, async () => {
    await using device = await backend.open({ engine: "node" });
    const { tf } = await loadNodeEngine("node");
    using executable = await device.compile(updateGraph([2, 3]));
    const param = await device.upload(hostTensor("f32", [2, 3]));
    const engine = tf.engine().backend as unknown as { binding: { executeOp(): unknown } };
    const { binding } = engine;
    const before = tf.memory().numTensors;
    engine.binding = Object.create(binding, { executeOp: { value: () => expect.fail("no memory") } });
    try {
      await expect(update(device, executable, param)).rejects.toThrow("no memory");
    } finally {
      engine.binding = binding;
    }
    expect(tf.memory().numTensors).toBe(before - 1);
  });

  test("an update of any op's output leaves its inputs and its other outputs", { timeout: 120_000 }, async () => {
    await using device = await backend.open({ engine: "node" });
    const updates = new Map<string, Executable>();
    const values = async (tensors: readonly DeviceTensor[]) => {
      const all: unknown[] = [];
      for (const tensor of tensors) all.push((await device.download(tensor)).data);
      return all;
    };
    for (const op of everyOp) {
      for (const [i, sample] of op.samples.entries()) {
        const graph = sampleGraph(op, sample);
        using executable = await device.compile(graph);
        const held: Record<string, DeviceTensor> = {};
        for (const [name, host] of Object.entries(sampleInputs(sample, `${i}`))) held[name] = await device.upload(host);
        const { outputs } = await executable.run(held);
        const inputs = Object.values(held);
        const left = Object.values(outputs);
        while (left.length > 0) {
          const tensor = left.shift() as DeviceTensor;
          if (tensor.type.dtype !== "f32") continue;
          const before = await values([...inputs, ...left]);
          const key = `${tensor.type.shape}`;
          const run = updates.get(key) ?? (await device.compile(updateGraph(tensor.type.shape)));
          updates.set(key, run);
          for (const made of await update(device, run, tensor)) made.dispose();
          expect(await values([...inputs, ...left]), `${op.name} #${i}`).toEqual(before);
        }
        for (const tensor of inputs) tensor.dispose();
      }
    }
  });
});

const engines = fused ? ["node", "cpu"] : ["cpu"];

test.each(engines)("%s: a download that an update follows at once has the values from before", async (engine) => {
  await using device = await backend.open({ engine });
  using updating = await device.compile(updateGraph([2]));
  const inputs = await inputsWith(await device.upload(hostTensor("f32", [2], [3, 4])), device);
  const before = device.download(inputs.param);
  const { outputs } = await updating.run(inputs);
  expect([...(await before).data]).toEqual([3, 4]);
  expect((await device.download(outputs["param"] as DeviceTensor)).data[0]).toBeLessThan(3);
});

test.each(engines)("%s: a run reads what a later run consumes as it was", async (engine) => {
  await using device = await backend.open({ engine });
  const builder = new GraphBuilder();
  const [x, start] = [builder.input("x", f32(2)), builder.input("start", f32(2))];
  builder.output("y", add(x, neg(exp(neg(exp(start))))));
  using reader = await device.compile(builder.finish());
  using updating = await device.compile(updateGraph([2]));
  const param = await device.upload(hostTensor("f32", [2], [3, 3]));
  // Each kernel takes longer than a run may without giving others their turn.
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 50));
  try {
    const reading = reader.run({ x: param, start: hostTensor("f32", [2]) });
    const updated = update(device, updating, param);
    const y = await device.download((await reading).outputs["y"] as DeviceTensor);
    await updated;
    expect(y.data[0]).toBeCloseTo(3 - Math.exp(-1), 5);
  } finally {
    clock.mockRestore();
  }
});
