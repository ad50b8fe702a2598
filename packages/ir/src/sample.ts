// Samples: small inputs that each op provides, from which the conformance suite derives its tests.
import { type DType, type HostTensor, isFloat, type TensorType } from "./dtype.js";
import { Random } from "./random.js";
import { toHost } from "./ref-tensor.js";
import { numel } from "./shape.js";

export interface SampleInput {
  readonly type: TensorType;
  /** Exact values. Absent: drawn from `range` (floats: uniform, i32: integers, bool: true or false). */
  readonly values?: readonly number[];
  /** `[from, to)`; default [-2, 2) for floats, [0, 4) for i32. */
  readonly range?: readonly [number, number];
}

export interface Sample<A extends object = object> {
  readonly inputs: readonly SampleInput[];
  readonly attrs?: A;
  /**
   * Indices of the inputs whose gradient is tested; by default all of a floating dtype. False where the function is not
   * differentiable at the sample, e.g. at a tie.
   */
  readonly gradient?: readonly number[] | false;
  /** What this sample tests, where that is not obvious. */
  readonly note?: string;
}

/** A sample input with drawn values. */
export function drawn(dtype: DType, shape: readonly number[], range?: readonly [number, number]): SampleInput {
  return { type: { dtype, shape }, ...(range && { range }) };
}

/** A sample input with given values. */
export function given(dtype: DType, shape: readonly number[], values: readonly number[]): SampleInput {
  return { type: { dtype, shape }, values };
}

/** The sample's inputs as host tensors. The same seed gives the same numbers on every machine. */
export function materialize(sample: Sample, seed: string): HostTensor[] {
  return sample.inputs.map(({ type, values, range }, i) => {
    const { dtype, shape } = type;
    const random = new Random(`${seed}/${i}`);
    const [from, to] = range ?? (isFloat(dtype) ? [-2, 2] : dtype === "bool" ? [0, 2] : [0, 4]);
    const draw = (k: number): number => {
      const x = from + (to - from) * random.uniform(k);
      return isFloat(dtype) ? x : Math.floor(x);
    };
    const data = Float64Array.from({ length: numel(shape) }, (_, k) => values?.[k] ?? draw(k));
    return toHost({ type, data });
  });
}
