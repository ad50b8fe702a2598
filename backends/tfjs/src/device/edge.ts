// Between host tensors and the engine's: f16 and bf16 are widened to float32 on the way in and rounded on the way out.
import {
  allocate,
  type DType,
  fromBf16,
  fromF16,
  type HostData,
  type HostTensor,
  type TensorType,
  toBf16,
  toF16,
} from "@cambium/ir";
import { activate, type Engine } from "../engines/engine.js";
import type { TensorInfo, TfData, TfDType, TfTensor } from "../tfjs.js";

/** The dtype in which the engine holds ours. */
export const heldAs: Readonly<Record<DType, TfDType>> = {
  f32: "float32",
  i32: "int32",
  bool: "bool",
  f16: "float32",
  bf16: "float32",
};

/** A copy of `host` on the engine. */
export function upload(engine: Engine, { dtype, shape, data }: HostTensor): TfTensor {
  activate(engine);
  return engine.tf.engine().makeTensor(held(dtype, data), [...shape], heldAs[dtype]);
}

/** A copy of a tensor in memory that nothing else writes to. */
export async function download(engine: Engine, tensor: TensorInfo, { dtype, shape }: TensorType): Promise<HostTensor> {
  const data = allocate(dtype, 0);
  const read = await readData(engine, tensor);
  if (dtype === "f16" || dtype === "bf16") {
    const encode = dtype === "f16" ? toF16 : toBf16;
    return { dtype, shape, data: Uint16Array.from(read, encode) };
  }
  const copy = new (data.constructor as new (values: ArrayLike<number>) => HostData)(read);
  return { dtype, shape, data: copy } as HostTensor;
}

/** The engine's values of a tensor: perhaps its own memory, so not to be written to. */
export async function readData(engine: Engine, { dataId }: TensorInfo): Promise<TfData> {
  activate(engine);
  return (await engine.tf.engine().backend.read(dataId)) as TfData;
}

/** Rounds float32 values to what `dtype` can hold. */
export function rounded(dtype: "f16" | "bf16", values: TfData): Float32Array {
  const through = dtype === "f16" ? (x: number) => fromF16(toF16(x)) : (x: number) => fromBf16(toBf16(x));
  return Float32Array.from(values, through);
}

/** Host data as the engine holds it; always a copy, since engines keep the array they are given. */
export function held(dtype: DType, data: HostData): TfData {
  if (dtype !== "f16" && dtype !== "bf16") return data.slice() as TfData;
  return Float32Array.from(data, dtype === "f16" ? fromF16 : fromBf16);
}
