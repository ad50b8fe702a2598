// The tensor of the reference evaluator: any dtype held as float64. Converts from and to host memory.
import { allocate, type HostTensor, type TensorType } from "./dtype.js";
import { decodeHalf, encodeHalf, isHalf } from "./half.js";

/** A tensor of the evaluator. Every dtype is held as float64; integers and bools are exact in it. */
export interface RefTensor {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** A host tensor as the evaluator holds it. */
export function refTensor(host: HostTensor): RefTensor {
  const { dtype, shape } = host;
  return { type: { dtype, shape }, data: new Float64Array(isHalf(dtype) ? decodeHalf(dtype, host.data) : host.data) };
}

/** An evaluator tensor as host memory, rounded to its dtype. */
export function toHost(ref: RefTensor): HostTensor {
  const { dtype, shape } = ref.type;
  if (isHalf(dtype)) return { dtype, shape, data: encodeHalf(dtype, ref.data) };
  const data = allocate(dtype, ref.data.length);
  data.set(ref.data);
  return { dtype, shape, data } as HostTensor;
}
