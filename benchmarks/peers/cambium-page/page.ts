// Cambium's WebGPU backend as a contestant in a page.
import backend from "@cambium/backend-webgpu";
import { f32, GraphBuilder, hostTensor, matmul as product, Random } from "@cambium/ir";
import { freshState, Trainer } from "@cambium/train";
import { contestant, type PagePeer } from "../../src/browser-page.js";

async function open(): Promise<PagePeer> {
  const device = await backend.open();
  let trainer: Trainer | undefined;
  return {
    async setup(model, { batch, context }, parameters) {
      trainer?.dispose();
      trainer = await Trainer.open({ device, model, batch, context });
      await trainer.load(freshState(parameters));
    },
    async step(tokens, lr) {
      return (await (trainer as Trainer).step([tokens], lr)).loss;
    },
    async matmul(size) {
      const builder = new GraphBuilder();
      builder.output("c", product(builder.input("a", f32(size, size)), builder.input("b", f32(size, size))));
      const executable = await device.compile(builder.finish());
      const random = new Random("matmul");
      const filled = () =>
        device.upload(
          hostTensor(
            "f32",
            [size, size],
            new Float32Array(size * size).map((_, i) => random.normal(i)),
          ),
        );
      const [a, b] = [await filled(), await filled()];
      return async () => {
        const { outputs, fetched } = await executable.run({ a, b });
        await fetched;
        outputs["c"]?.dispose();
      };
    },
  };
}

export const { setup, steps, matmul, counts } = contestant(open);
