// Between host tensors and the engine's tensors. A half dtype that the engine does not hold is widened on the way in and
// rounded on the way out.
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
import { activate, type Engine, heldBy } from "../engines/engine.js";
import { castTensor, takeIn } from "../engines/tensorflow-ops.js";
import type { TensorInfo, TfData, TfTensor } from "../tfjs.js";

/** A copy of `host` on the engine. */
export function upload(engine: Engine, { dtype, shape, data }: HostTensor): TfTensor {
  activate(engine);
  const as = heldBy(engine)[dtype];
  const taken = engine.backendName === "tensorflow";
  const values = taken ? passing(dtype, data) : held(dtype, data);
  const tensor = engine.tf.engine().makeTensor(values, [...shape], as === "bfloat16" ? "float32" : as);
  if (taken) takeIn(engine, tensor);
  if (as !== "bfloat16") return tensor;
  try {
    return castTensor(engine, tensor, as);
  } finally {
    tensor.dispose();
  }
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
export async function readData(engine: Engine, tensor: TensorInfo): Promise<TfData> {
  activate(engine);
  if (tensor.dtype !== "bfloat16") return (await engine.tf.engine().backend.read(tensor.dataId)) as TfData;
  const wide = castTensor(engine, tensor, "float32");
  try {
    return (await engine.tf.engine().backend.read(wide.dataId)) as TfData;
  } finally {
    wide.dispose();
  }
}

/** Rounds float32 values to what `dtype` can hold. */
export function rounded(dtype: HalfDType, values: TfData): Float32Array {
  return decodeHalf(dtype, encodeHalf(dtype, values));
}

/** Where data lies on its way to TensorFlow. */
let passage = new ArrayBuffer(0);

/** Longer data passes through memory of its own, which is not kept. */
const longestPassage = 2 ** 24;

/**
 * Host data where TensorFlow copies it from, valid until the next call. It lies at no multiple of 64 bytes, where TensorFlow
 * would compute on it instead. One place for all: copies of a whole model would wait for the collector.
 */
function passing(dtype: DType, data: HostData): TfData {
  if (isHalf(dtype)) return decodeHalf(dtype, data);
  const { BYTES_PER_ELEMENT: bytes, length } = data;
  const make = data.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => TfData;
  const size = (length + 1) * bytes;
  const buffer = passage.byteLength >= size ? passage : new ArrayBuffer(size);
  if (size <= longestPassage) passage = buffer;
  const values = new make(buffer, bytes, length);
  values.set(data as never);
  return values;
}

/** Host data as tfjs takes it. Always a copy, because engines keep the array that they are given. */
export function held(dtype: DType, data: HostData): TfData {
  return isHalf(dtype) ? decodeHalf(dtype, data) : (data.slice() as TfData);
}
