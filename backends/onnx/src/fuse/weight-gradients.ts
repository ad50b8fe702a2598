// The gradient of a weight is a product over all tokens that transposes its left operand. ONNX Runtime does that inside
// the product, anew for every 128 columns of the result, and each thread packs the whole right operand. This pass writes
// the product in the form that moves the least.
import {
  constant,
  type Graph,
  hostTensor,
  lowest,
  matmul,
  type Node,
  reshape,
  rewrite,
  type Tensor,
  transpose,
  Uses,
} from "@cambium/ir";

/** aᵀ b of `a` [k, m], `b` [k, n]; `readers` products of this kind read `b`. */
interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly readers: number;
}

/** Operands prepared once for all products that read them. */
interface Prepared {
  /** Transposed. */
  flip(x: Tensor): Tensor;
  /** [k, n] → [2, k / 2, n]. */
  halve(x: Tensor): Tensor;
}

interface Form {
  /** Time besides the multiplications, in that of transposing one element inside a product; see `packed`. */
  readonly cost: (sizes: Sizes) => number;
  /** Whether threads have the columns of the result that a product without transposes needs; see `fewColumns`. */
  readonly possible: (sizes: Sizes, threads: number) => boolean;
  readonly emit: (a: Tensor, b: Tensor, prepared: Prepared) => Tensor;
}

/** Columns of the result for which ONNX Runtime packs its operands at a time. */
const panel = 128;

/** Measured at five shapes with two threads: packing an element of the right operand, a Transpose node, adding halves. */
const [packCost, flipCost, sumCost] = [2, 3, 3];

/** A product without transposes sums in another order if a thread has so few columns, so that bits would change. */
const fewColumns = 80;

/** Elements of a result that each thread can hold in its cache. */
const cached = 2 ** 17;

const inside: Form = {
  cost: ({ m, n, k }) => {
    const shared = n > m ? 2 * k * m * Math.ceil(n / 2 / panel) : k * m * Math.ceil(n / panel);
    return shared + packed(m, n, k);
  },
  possible: () => true,
  emit: (a, b) => matmul(a, b, { transA: true }),
};

/** Each half of the tokens by itself, so that two threads share nothing. The bits differ from those of the others. */
const halves: Form = {
  cost: ({ m, n, k }) => k * (m * Math.ceil(n / panel) + packCost * n) + sumCost * m * n,
  possible: ({ m, n, k }) => k % 2 === 0 && m * n <= cached,
  emit: (a, b, { halve }) => {
    const both = matmul(halve(a), halve(b), { transA: true });
    const [, m, n] = both.shape as [number, number, number];
    const ones = constant(a.builder, { value: hostTensor("f32", [1, 2], [1, 1]) });
    return reshape(matmul(ones, reshape(both, { shape: [2, m * n] })), { shape: [m, n] });
  },
};

const flippedLeft: Form = {
  cost: ({ m, n, k }) => flipCost * k * m + packed(m, n, k),
  possible: ({ m, n }, threads) => m >= n || n / threads >= fewColumns,
  emit: (a, b, { flip }) => matmul(flip(a), b),
};

const flippedRight: Form = {
  cost: ({ m, n, k, readers }) => (flipCost * k * n) / readers + flipCost * m * n + packed(n, m, k),
  possible: ({ m, n }, threads) => n >= m || m / threads >= fewColumns,
  emit: (a, b, { flip }) => swapped(matmul(flip(b), a)),
};

/** Threads share out the longer side of the result; if that is its rows, each of them packs the whole right operand. */
function packed(rows: number, columns: number, k: number): number {
  return packCost * k * columns * (columns > rows ? 1 : 2);
}

/** @param threads decides between forms of the same bits only */
export function cheapestGradients(graph: Graph, threads: number): Graph {
  const uses = new Uses(graph);
  const halve = (x: Tensor) => reshape(x, { shape: [2, (x.shape[0] as number) / 2, x.shape[1] as number] });
  const prepared: Prepared = { flip: once(swapped), halve: once(halve) };
  return rewrite(graph, (node, inputs) => {
    if (!isWeightGradient(node)) return null;
    const [a, b] = inputs as [Tensor, Tensor];
    const [k, m, n] = [...a.shape, b.shape[1]] as [number, number, number];
    const right = node.inputs[1]?.id as number;
    const readers = uses.readers(right).filter((reader) => isWeightGradient(reader) && reader.inputs[1]?.id === right);
    return [formFor({ m, n, k, readers: readers.length }, threads).emit(a, b, prepared)];
  });
}

function formFor(sizes: Sizes, threads: number): Form {
  const whole = [inside, flippedLeft, flippedRight];
  const least = lowest(whole.map(({ cost }) => cost(sizes)));
  if (halves.possible(sizes, threads) && halves.cost(sizes) < least) return halves;
  return whole
    .filter(({ possible }) => possible(sizes, threads))
    .reduce((best, form) => (form.cost(sizes) < best.cost(sizes) ? form : best));
}

function isWeightGradient(node: Node): boolean {
  if (!matmul.is(node) || node.inputs.some(({ type }) => type.shape.length !== 2)) return false;
  const { transA, transB } = matmul.attrsOf(node);
  return transA && !transB;
}

function swapped(x: Tensor): Tensor {
  return transpose(x, { permutation: [1, 0] });
}

function once(make: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  const made = new Map<Tensor, Tensor>();
  return (x) => {
    const result = made.get(x) ?? make(x);
    made.set(x, result);
    return result;
  };
}
