// The gradient of a weight is a product that transposes its left operand. ONNX Runtime does that inside the product,
// anew for every 128 columns of the result; with a wide result it is cheaper to transpose an operand once beforehand.
import { type Graph, lowest, matmul, type Node, rewrite, type Tensor, transpose, Uses } from "@cambium/ir";

/** aᵀ b of `a` [k, m], `b` [k, n]; `readers` products of this kind read `b`. */
interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly readers: number;
}

interface Form {
  /** Elements that are copied or transposed around the multiplications. */
  readonly moved: (sizes: Sizes) => number;
  /** Rows and columns of the product. */
  readonly result: (sizes: Sizes) => readonly [rows: number, columns: number];
  readonly emit: (a: Tensor, b: Tensor, flip: (x: Tensor) => Tensor) => Tensor;
}

/** Columns of the result for which ONNX Runtime packs its operands at a time. */
const panel = 128;

/** A Transpose node reads and writes memory; a product transposes into its caches. */
const flipCost = 2;

/** Another form must move at most this share of what the first moves. */
const worthwhile = 0.8;

const inside: Form = {
  moved: ({ m, n, k }) => k * (m * Math.ceil(n / panel) + n),
  result: ({ m, n }) => [m, n],
  emit: (a, b) => matmul(a, b, { transA: true }),
};

const others: readonly Form[] = [
  {
    moved: ({ m, n, k }) => k * (flipCost * m + n),
    result: ({ m, n }) => [m, n],
    emit: (a, b, flip) => matmul(flip(a), b),
  },
  {
    moved: ({ m, n, k, readers }) => k * ((flipCost * n) / readers + m) + flipCost * m * n,
    result: ({ m, n }) => [n, m],
    emit: (a, b, flip) => swapped(matmul(flip(b), a)),
  },
];

export function transposeOnce(graph: Graph): Graph {
  const uses = new Uses(graph);
  const flipped = new Map<Tensor, Tensor>();
  return rewrite(graph, (node, inputs) => {
    if (!isWeightGradient(node)) return null;
    const [a, b] = inputs as [Tensor, Tensor];
    const [k, m, n] = [...a.shape, b.shape[1]] as [number, number, number];
    const right = node.inputs[1]?.id as number;
    const readers = uses.readers(right).filter((reader) => isWeightGradient(reader) && reader.inputs[1]?.id === right);
    const sizes = { m, n, k, readers: readers.length };
    const flip = (x: Tensor) => {
      const known = flipped.get(x) ?? swapped(x);
      flipped.set(x, known);
      return known;
    };
    return [cheapest(sizes).emit(a, b, flip)];
  });
}

function cheapest(sizes: Sizes): Form {
  // Threads share out the longer side of the result. A thread with few columns cuts its sums elsewhere unless the product
  // transposes; then bits would depend on the number of threads.
  const allowed = others.filter(({ result }) => {
    const [rows, columns] = result(sizes);
    return rows >= columns;
  });
  const least = lowest(allowed.map(({ moved }) => moved(sizes)));
  if (least > worthwhile * inside.moved(sizes)) return inside;
  return allowed.find(({ moved }) => moved(sizes) === least) ?? inside;
}

function isWeightGradient(node: Node): boolean {
  if (!matmul.is(node) || node.inputs.some(({ type }) => type.shape.length !== 2)) return false;
  const { transA, transB } = matmul.attrsOf(node);
  return transA && !transB;
}

function swapped(x: Tensor): Tensor {
  return transpose(x, { permutation: [1, 0] });
}
