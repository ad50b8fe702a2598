// Times one graph on a device. Runs are handed over without waiting for each other, so that they overlap as in
// training.
import type { Device, DeviceTensor } from "../../packages/backend/src/index.js";
import {
  type Graph,
  graphCost,
  type HostTensor,
  hostTensor,
  numel,
  type TensorType,
} from "../../packages/ir/src/index.js";

export interface Timed {
  /** Seconds of one run: the median of the rounds. */
  readonly seconds: number;
  /** Speed of matrix work, by the IR's count of FLOPs. */
  readonly gflops: number;
  readonly rounds: readonly number[];
}

/** @param roundSeconds target duration of a round */
export async function timed(device: Device, graph: Graph, roundSeconds: number, rounds = 5): Promise<Timed> {
  const executable = await device.compile(graph);
  const held: Record<string, DeviceTensor> = {};
  try {
    for (const { name, value } of graph.inputs) held[name] = await device.upload(noise(value.type));
    const turn = async (count: number): Promise<number> => {
      const began = performance.now();
      let last: Promise<unknown> = Promise.resolve();
      for (let i = 0; i < count; i++) {
        const { outputs, fetched } = await executable.run(held);
        for (const tensor of Object.values(outputs)) tensor.dispose();
        last = fetched;
      }
      await last;
      return (performance.now() - began) / 1000 / count;
    };
    await turn(2);
    const count = Math.max(1, Math.min(1000, Math.round(roundSeconds / (await turn(2)))));
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) seconds.push(await turn(count));
    const middle = seconds.toSorted((a, b) => a - b)[rounds >> 1] as number;
    return { seconds: middle, gflops: graphCost(graph).matrixFlops / middle / 1e9, rounds: seconds };
  } finally {
    for (const tensor of Object.values(held)) tensor.dispose();
    executable.dispose();
  }
}

/** Numbers in [−1, 1): products of zeros are faster than those of data. */
function noise({ dtype, shape }: TensorType): HostTensor {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  if (dtype !== "f16") return hostTensor("f32", shape, new Float32Array(numel(shape)).map(next));
  // The bits of f16 numbers of either sign with exponents of 2^-8 to 2^-1.
  const bits = () =>
    (next() < 0 ? 0x8000 : 0) | ((7 + Math.floor(4 * (next() + 1))) << 10) | Math.floor(512 * (next() + 1));
  return hostTensor("f16", shape, new Uint16Array(numel(shape)).map(bits));
}
