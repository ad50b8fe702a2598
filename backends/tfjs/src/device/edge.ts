// Between host tensors and the engine's tensors: f16 and bf16 are widened on the way in and rounded on the way out.
import {
  allocate,
  type DType,
  decodeHalf,
  encodeHalf,
  type HalfDType,
  type HostData,
  type HostTensor,
  isHalf,
  type TensorType,
} from "@cambium/ir";
import { activate, type Engine } from "../engines/engine.js";
import type { TensorInfo, TfData, TfDType, TfTensor } from "../tfjs.js";

/** Dtypes that the engine holds in their own width. */
export const computes: readonly DType[] = ["f32", "i32", "bool"];

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
  if (isHalf(dtype)) return { dtype, shape, data: encodeHalf(dtype, read) };
  const copy = new (data.constructor as new (values: ArrayLike<number>) => HostData)(read);
  return { dtype, shape, data: copy } as HostTensor;
}

/** The engine's values of a tensor. They may be the engine's own memory: do not write to them. */
export async function readData(engine: Engine, { dataId }: TensorInfo): Promise<TfData> {
  activate(engine);
  return (await engine.tf.engine().backend.read(dataId)) as TfData;
}

/** Rounds float32 values to what `dtype` can hold. */
export function rounded(dtype: HalfDType, values: TfData): Float32Array {
  return decodeHalf(dtype, encodeHalf(dtype, values));
}

/** Host data as the engine holds it. Always a copy, because engines keep the array that they are given. */
export function held(dtype: DType, data: HostData): TfData {
  return isHalf(dtype) ? decodeHalf(dtype, data) : (data.slice() as TfData);
}
