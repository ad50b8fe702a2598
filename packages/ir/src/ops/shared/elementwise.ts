// Type inference and loops that elementwise ops share.
import { type DType, formatType, type TensorType } from "../../dtype.js";
import { CambiumError } from "../../errors.js";
import type { RefTensor } from "../../ref-tensor.js";
import { broadcastShapes, broadcastStrides, numel } from "../../shape.js";

/** @throws CambiumError `E_DTYPE` unless each type has one of `dtypes`. */
export function requireDType(types: readonly TensorType[], ...dtypes: DType[]): void {
  if (types.every(({ dtype }) => dtypes.includes(dtype))) return;
  throw new CambiumError("E_DTYPE", "an input has a dtype that this op does not accept", {
    expected: dtypes.join(" or "),
    got: types.map(formatType).join(", "),
  });
}

/** Type of an elementwise op over operands of one dtype, with NumPy broadcasting. */
export function elementwise(types: readonly TensorType[], ...dtypes: DType[]): TensorType {
  const first = types[0] as TensorType;
  requireDType(types, ...dtypes);
  if (types.some(({ dtype }) => dtype !== first.dtype)) {
    throw new CambiumError("E_DTYPE", "inputs must have one dtype", { got: types.map(formatType).join(", ") });
  }
  return { dtype: first.dtype, shape: types.map(({ shape }) => shape).reduce(broadcastShapes) };
}

/** Applies `f` to the elements of `inputs`, three at most, broadcast to one shape. */
export function mapElements(inputs: readonly RefTensor[], f: (...xs: number[]) => number): Float64Array {
  const shape = inputs.map(({ type }) => type.shape).reduce(broadcastShapes);
  const steps = inputs.map(({ type }) => broadcastStrides(type.shape, shape));
  const out = new Float64Array(numel(shape));
  if (inputs.every(({ data }) => data.length === 1 || data.length === out.length)) {
    const [a, b, c] = inputs.map(({ data }) => ({ data, step: data.length === 1 ? 0 : 1 }));
    const at = (x: typeof a, i: number) => x?.data[i * x.step] as number;
    for (let i = 0; i < out.length; i++) out[i] = f(at(a, i), at(b, i), at(c, i));
    return out;
  }
  const args = new Array<number>(inputs.length);
  for (let i = 0; i < out.length; i++) {
    inputs.forEach(({ data }, which) => {
      args[which] = data[offset(i, shape, steps[which] as number[])] as number;
    });
    out[i] = f(...args);
  }
  return out;
}

/** The offset of the row-major element `index` of `shape` in a tensor with strides `steps`. */
export function offset(index: number, shape: readonly number[], steps: readonly number[]): number {
  let at = 0;
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    at += (rest % size) * (steps[axis] as number);
    rest = Math.floor(rest / size);
  }
  return at;
}
