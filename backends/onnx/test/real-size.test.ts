// Gradients at real size with real threads, repeated: races that small tensors never reach. The oracle sums in float64.
import {
  differentiate,
  f32,
  GraphBuilder,
  gather,
  gradientName,
  type HostTensor,
  hostTensor,
  i32,
  mul,
  Random,
  reduceSum,
} from "@cambium/ir";
import { initParameters, llama, modelSpec } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { expect, test } from "vitest";
import backend from "../src/index.js";

const repeats = 6;

test.each([
  { vocab: 256, rows: 2048, width: 256 },
  { vocab: 4096, rows: 1024, width: 512 },
])(
  "the embedding's gradient loses no row: vocabulary $vocab, $rows rows × $width",
  { timeout: 120_000 },
  async ({ vocab, rows, width }) => {
    const builder = new GraphBuilder();
    const table = builder.input("table", f32(vocab, width));
    const picked = gather(table, builder.input("ids", i32(rows)));
    builder.output("loss", reduceSum(mul(picked, builder.input("weights", f32(rows, width))), { axes: [0, 1] }));
    const graph = differentiate(builder.finish(), { of: "loss", by: ["table"] });

    const random = new Random("real size");
    // A Zipf-like draw: some tokens occur hundreds of times.
    const ids = hostTensor(
      "i32",
      [rows],
      Array.from({ length: rows }, (_, i) => Math.floor(vocab * random.uniform(i) ** 4)),
    );
    const weights = hostTensor("f32", [rows, width]);
    weights.data.forEach((_, i) => (weights.data[i] = Math.floor(64 * random.uniform(i + rows)) - 32));
    // Whole numbers: every sum is exact in f32, in any order, so one lost update shows.
    const expected = new Float64Array(vocab * width);
    ids.data.forEach((id, row) => {
      for (let j = 0; j < width; j++)
        expected[id * width + j] = (expected[id * width + j] as number) + (weights.data[row * width + j] as number);
    });

    await using device = await backend.open();
    using executable = await device.compile(graph);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const name = gradientName("table");
      const { fetched } = await executable.run(
        { table: hostTensor("f32", [vocab, width]), ids, weights },
        { fetch: [name, "loss"] },
      );
      const gradient = (await fetched)[name] as HostTensor<"f32">;
      const wrong = gradient.data.reduce<number>((count, v, i) => count + (v === expected[i] ? 0 : 1), 0);
      expect(wrong).toBe(0);
    }
  },
);

test("two runs of real training steps end in the same bits", { timeout: 120_000 }, async () => {
  const config = modelSpec(llama, {
    vocab: 256,
    hidden: 256,
    intermediate: 688,
    layers: 2,
    heads: 4,
    contextLength: 256,
  });
  const train = async () => {
    await using device = await backend.open();
    using trainer = await Trainer.open({ device, model: config, batch: 8, context: 256 });
    await trainer.load(freshState(initParameters(config, { seed: "bits", scheme: "hf" })));
    const random = new Random("tokens");
    for (let step = 0; step < 4; step++) {
      await trainer.step([new Int32Array(8 * 257).map((_, i) => random.word(step * 8 * 257 + i) % 256)], 1e-3);
    }
    return await trainer.state();
  };
  const [first, second] = [await train(), await train()];
  for (const [name, tensor] of Object.entries(first.parameters)) {
    expect(
      Buffer.compare(
        Buffer.from(tensor.data.buffer),
        Buffer.from((second.parameters[name] as typeof tensor).data.buffer),
      ),
      name,
    ).toBe(0);
  }
});
