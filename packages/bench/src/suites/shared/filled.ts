// Input tensors of benchmarks, with the same values on every machine.
import { type HostTensor, hostTensor, Random } from "@cambium/ir";

/** An f32 tensor of normal random numbers. */
export function filled(seed: string, shape: readonly number[], scale = 1): HostTensor {
  const random = new Random(`bench/${seed}`);
  const tensor = hostTensor("f32", shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = scale * random.normal(i);
  return tensor;
}

/** An i32 tensor of random ids in [0, `below`). */
export function filledIds(seed: string, shape: readonly number[], below: number): HostTensor {
  const random = new Random(`bench/${seed}`);
  const tensor = hostTensor("i32", shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = random.word(i) % below;
  return tensor;
}
