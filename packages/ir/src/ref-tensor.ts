// The tensor of the reference evaluator: any dtype as float64, and the way from and to host memory.
import { allocate, type HostTensor, type TensorType } from "./dtype.js";
import { fromBf16, fromF16, toBf16, toF16 } from "./float16.js";

/** A tensor of the evaluator. Every dtype is held as float64; integers and bools are exact in it. */
export interface RefTensor {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** A host tensor as the evaluator holds it. */
export function refTensor(host: HostTensor): RefTensor {
  const decode = host.dtype === "f16" ? fromF16 : host.dtype === "bf16" ? fromBf16 : undefined;
  const data = Float64Array.from(host.data as ArrayLike<number>);
  return { type: { dtype: host.dtype, shape: host.shape }, data: decode ? data.map(decode) : data };
}

/** An evaluator tensor as host memory, rounded to its dtype. */
export function toHost(ref: RefTensor): HostTensor {
  const { dtype, shape } = ref.type;
  const data = allocate(dtype, ref.data.length);
  data.set(dtype === "f16" ? ref.data.map(toF16) : dtype === "bf16" ? ref.data.map(toBf16) : ref.data);
  return { dtype, shape, data } as HostTensor;
}
