// Tensor elements on the device: each takes a word of four bytes, f16 half a word.
import { allocate, type HostTensor, numel, type TensorType } from "@cambium/ir";

/**
 * The elements as the device holds them: a bool is 0 or 1 in a word, and an odd count of f16 is filled up to whole
 * words.
 */
export function toDevice({ dtype, data }: HostTensor): ArrayBufferView<ArrayBuffer> {
  if (dtype === "bool") return Uint32Array.from(data, (x) => (x === 0 ? 0 : 1));
  if (dtype !== "f16" || data.length % 2 === 0) return data as ArrayBufferView<ArrayBuffer>;
  const words = new Uint16Array(data.length + 1);
  words.set(data);
  return words;
}

/** The tensor of `type` whose elements lie in `bytes` from `offset` on. */
export function fromDevice({ dtype, shape }: TensorType, bytes: ArrayBuffer, offset: number): HostTensor {
  const length = numel(shape);
  const words: Record<"f32" | "i32" | "bool" | "f16", () => ArrayLike<number>> = {
    f32: () => new Float32Array(bytes, offset, length),
    i32: () => new Int32Array(bytes, offset, length),
    bool: () => new Uint32Array(bytes, offset, length),
    f16: () => new Uint16Array(bytes, offset, length),
  };
  const data = allocate(dtype, length);
  data.set(words[dtype as keyof typeof words]());
  return { dtype, shape, data } as HostTensor;
}
