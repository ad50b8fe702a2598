// Switch: growing a model in training on its device, until the grown model is ready to train; and a step of the grown
// model, to relate the cost to.
import { type Device, referenceBackend } from "@cambium/backend";
import { type DeviceGrowth, prepareGrowth } from "@cambium/grow";
import { highest } from "@cambium/ir";
import { type DeviceTrainingState, initParameters, type ModelSpec } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { parity, relativeError } from "../parity.js";
import { stack } from "../stack.js";
import { batchAt, modelOf, type StepConfig } from "../step-config.js";
import type { DeviceSuite } from "../suite.js";
import { timed } from "../timed.js";

interface Sizes extends StepConfig {
  readonly factor: number;
  /** 1 times the switch, 0 a step of the grown model. */
  readonly switch: number;
}

const sizes: Omit<Sizes, "switch"> = {
  ...{ layers: 8, hidden: 256, intermediate: 688, heads: 8, kvHeads: 8, vocab: 256, batch: 4, context: 128 },
  factor: 4,
};
const small: Omit<Sizes, "switch"> = { ...sizes, layers: 2, hidden: 64, intermediate: 176, heads: 2, kvHeads: 2 };

export const switching: DeviceSuite = {
  name: "switch",
  summary: "growing a model in training on its device, and a step of the grown one",
  unit: "s",
  bound: null,
  on: "device",
  extra: true,
  cases: (quick) => {
    const size = quick ? small : sizes;
    const name = `${size.layers}Lx${size.hidden}x${size.factor}`;
    return [
      { name: `${name} switch`, size: { ...size, switch: 1 } },
      { name: `${name} step`, size: { ...size, switch: 0 } },
    ];
  },
  async prepare(one, device) {
    const config = one.size as unknown as Sizes;
    const pair = await Pair.open(device, config);
    let position = 0;
    const step = (trainer: Trainer) => trainer.step([batchAt(config, position++)], 1e-3);
    await pair.begin();
    if (!config.switch) await pair.switched();
    return {
      work: {},
      turn: (count) => {
        if (!config.switch) return timed(count, () => step(pair.after));
        const before = async () => {
          await pair.begin();
          await step(pair.before);
        };
        return timed(count, () => pair.switched(), before);
      },
      async parity() {
        await using reference = await referenceBackend.open();
        const [got = [], want = []] = [await grownValues(device, config), await grownValues(reference, config)];
        const error = highest(want.map((values, i) => relativeError(got[i] ?? [], values)));
        return parity(error, 0, `${want.length} grown tensors of the reference`);
      },
      dispose: () => pair.dispose(),
    };
  },
};

/** The trainers before and after a growth, and the growth, all compiled. */
class Pair {
  private constructor(
    private readonly device: Device,
    private readonly model: ModelSpec,
    readonly before: Trainer,
    readonly after: Trainer,
    readonly growth: DeviceGrowth,
  ) {}

  static async open(device: Device, { factor, ...config }: Sizes): Promise<Pair> {
    const { batch, context } = config;
    const model = modelOf(config);
    const plan = stack.plan(model, { factor });
    const before = await Trainer.open({ device, model, batch, context });
    const after = await Trainer.open({ device, model: plan.target, batch, context });
    return new Pair(device, model, before, after, await prepareGrowth(device, plan, { policy: "carry" }));
  }

  begin(): Promise<void> {
    return this.before.load(freshState(initParameters(this.model, { seed: "bench", scheme: "hf" })));
  }

  async grown(): Promise<DeviceTrainingState> {
    return this.growth.grow(await this.before.take());
  }

  async switched(): Promise<void> {
    const grown = await this.grown();
    const [first] = Object.values(grown.tensors);
    // A download waits for the growth to finish on the device.
    if (first) await this.device.download(first);
    await this.after.adopt(grown);
  }

  dispose(): void {
    this.growth.dispose();
    this.before.dispose();
    this.after.dispose();
  }
}

/** All tensors of a small model grown on a device. */
async function grownValues(device: Device, { factor }: Pick<Sizes, "factor">): Promise<ArrayLike<number>[]> {
  const pair = await Pair.open(device, { ...small, factor, layers: 1, switch: 1 });
  await pair.begin();
  const { tensors } = await pair.grown();
  const values: ArrayLike<number>[] = [];
  for (const tensor of Object.values(tensors)) {
    values.push((await device.download(tensor)).data);
    tensor.dispose();
  }
  pair.dispose();
  return values;
}
