// Slices along a dimension as graph ops: few long runs become slices that are joined, scattered indices a gather.
import { broadcast, concat, gather, hostTensor, mul, reshape, slice, type Tensor, transpose } from "@cambium/ir";

/** Up to this many runs of consecutive indices are sliced one by one, which has a cheaper gradient than a gather. */
const mostRuns = 16;

interface Run {
  /** First index, −1 for a run of zeros. */
  readonly from: number;
  readonly count: number;
}

/** The slices `indices` of dimension `at`, each `unit` entries long; −1 is a slice of zeros. */
export function takeSlices(x: Tensor, at: number, unit: number, indices: readonly number[]): Tensor {
  const runs = runsOf(indices);
  if (runs.length > mostRuns) return gathered(x, at, unit, indices);
  const parts = runs.map(({ from, count }) => {
    if (from < 0) return filled(x, x.shape.with(at, count * unit), 0);
    if (count * unit === x.shape[at]) return x;
    const start = x.shape.map((_, i) => (i === at ? from * unit : 0));
    return slice(x, { start, end: x.shape.map((n, i) => (i === at ? (from + count) * unit : n)) });
  });
  return parts.length === 1 ? (parts[0] as Tensor) : concat(parts, { axis: at });
}

/** `x` times one factor per index. */
export function timesFactors(x: Tensor, at: number, unit: number, factors: readonly number[]): Tensor {
  const [first = 1] = factors;
  if (factors.every((factor) => factor === first)) return first === 1 ? x : mul(x, first);
  const length = factors.length * unit;
  const values = Float32Array.from({ length }, (_, i) => factors[Math.floor(i / unit)] as number);
  const shape = x.shape.map((_, i) => (i === at ? length : 1));
  return mul(x, x.builder.constant(hostTensor("f32", shape, values)));
}

/** A tensor of `shape` in the graph of `like`, every entry `value`. */
export function filled(like: Pick<Tensor, "builder">, shape: readonly number[], value: number): Tensor {
  return broadcast(like.builder.scalar(value), { shape });
}

function runsOf(indices: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    const goesOn = last && (index < 0 ? last.from < 0 : last.from >= 0 && index === last.from + last.count);
    if (goesOn) runs[runs.length - 1] = { from: last.from, count: last.count + 1 };
    else runs.push({ from: Math.max(index, -1), count: 1 });
  }
  return runs;
}

/** Gathers rows of the dimension; zeros come from a row of zeros added at the end. */
function gathered(x: Tensor, at: number, unit: number, indices: readonly number[]): Tensor {
  const order = x.shape.map((_, i) => i);
  const front = [at, ...order.filter((i) => i !== at)];
  const turned = at === 0 ? x : transpose(x, { permutation: front });
  const rest = turned.shape.slice(1);
  const rows = (x.shape[at] as number) / unit;
  const table = unit === 1 ? turned : reshape(turned, { shape: [rows, unit, ...rest] });
  const gaps = indices.some((index) => index < 0);
  const whole = gaps ? concat([table, filled(x, [1, ...table.shape.slice(1)], 0)], { axis: 0 }) : table;
  const places = Int32Array.from(indices, (index) => (index < 0 ? rows : index));
  const taken = gather(whole, x.builder.constant(hostTensor("i32", [indices.length], places)));
  const joined = unit === 1 ? taken : reshape(taken, { shape: [indices.length * unit, ...rest] });
  if (at === 0) return joined;
  return transpose(joined, { permutation: order.map((i) => front.indexOf(i)) });
}
