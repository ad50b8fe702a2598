// The operations that lowerings are written in, as kernels of tfjs by name. An engine whose kernels differ has a subclass,
// which works around what is wrong or missing there.
import { broadcastShapes, type DType, type HalfDType, isHalf, numel, type Shape } from "@cambium/ir";
import { readData, rounded } from "../device/edge.js";
import { activate, heldBy } from "../engines/engine.js";
import type { Program, Ref } from "../program/program.js";
import type { TensorInfo, TfDType } from "../tfjs.js";
import { collapseBroadcast, collapseReduction, collapseTranspose } from "./collapse.js";

export type Unary =
  | "Abs"
  | "Cos"
  | "Exp"
  | "Floor"
  | "Log"
  | "Neg"
  | "Rsqrt"
  | "Sigmoid"
  | "Sin"
  | "Sqrt"
  | "Square"
  | "Tanh";
export type Binary = "Add" | "Sub" | "Multiply" | "RealDiv" | "Maximum" | "Minimum";
export type Predicate = "Equal" | "NotEqual" | "Less" | "LogicalAnd";

export interface Transposes {
  readonly transA?: boolean;
  readonly transB?: boolean;
}

export class Kernels {
  protected copies = 0;

  constructor(readonly program: Program) {}

  /** A new tensor with the same data, for an output that is an input, a view, or already returned under another name. */
  copy(x: Ref): Ref {
    const engine = this.program.engine.tf.engine();
    return this.program.append("Identity", [x], { copy: this.copies++ }, [x], ([out]) => (values) => {
      values[out as number] = engine.runKernel("Identity", { x: values[x.slot] as TensorInfo }) as TensorInfo;
    })[0] as Ref;
  }

  reshape(x: Ref, shape: Shape): Ref {
    return same(x.shape, shape) ? x : this.program.view(x, shape);
  }

  unary(name: Unary, x: Ref): Ref {
    return this.program.kernel(name, { x }, {}, x);
  }

  not(x: Ref): Ref {
    return this.program.kernel("LogicalNot", { x }, {}, x);
  }

  binary(name: Binary, a: Ref, b: Ref): Ref {
    return this.broadcasting(name, a, b, a.dtype);
  }

  predicate(name: Predicate, a: Ref, b: Ref): Ref {
    return this.broadcasting(name, a, b, "bool");
  }

  select(condition: Ref, a: Ref, b: Ref): Ref {
    const shape = [condition, a, b].map((x) => x.shape).reduce(broadcastShapes);
    const [c, t, e] = [condition, a, b].map((x) => this.reshape(this.broadcast(x, shape), [numel(shape)])) as [
      Ref,
      Ref,
      Ref,
    ];
    return this.reshape(this.program.kernel("Select", { condition: c, t, e }, {}, t), shape);
  }

  /** To a dtype of the IR, as the engine holds it. */
  convert(x: Ref, to: DType): Ref {
    const held = heldBy(this.program.engine)[to];
    const cast = this.cast(x, held);
    return isHalf(to) && held === "float32" ? this.round(cast, to) : cast;
  }

  /** To float32 if it is held in half precision. */
  widen(x: Ref): Ref {
    return x.dtype === "bfloat16" ? this.cast(x, "float32") : x;
  }

  cast(x: Ref, to: TfDType): Ref {
    if (x.dtype === to) return x;
    if (to === "bool") return this.predicate("NotEqual", x, this.program.scalar(0, x.dtype));
    return this.program.kernel("Cast", { x }, { dtype: to }, { shape: x.shape, dtype: to });
  }

  /** Rounded on the host to what a half dtype can hold that the engine holds as float32. */
  protected round(x: Ref, to: HalfDType): Ref {
    const { engine } = this.program;
    return this.program.append("round", [x], { to }, [x], ([out]) => async (values) => {
      const data = rounded(to, await readData(engine, values[x.slot] as TensorInfo));
      // Another engine may have become active while this one was read.
      activate(engine);
      values[out as number] = engine.tf.engine().makeTensor(data, [...x.shape], "float32");
    })[0] as Ref;
  }

  broadcast(x: Ref, shape: Shape): Ref {
    if (numel(x.shape) === numel(shape)) return this.reshape(x, shape);
    const {
      shapes: [own],
      out,
    } = collapseBroadcast([x.shape, shape]) as { shapes: [Shape]; out: Shape };
    const reps = out.map((size, i) => (own[i] === size ? 1 : size));
    return this.reshape(this.tile(this.reshape(x, own), reps, out), shape);
  }

  transpose(x: Ref, permutation: readonly number[]): Ref {
    const shape = permutation.map((axis) => x.shape[axis] as number);
    const collapsed = collapseTranspose(x.shape, permutation);
    if (collapsed.permutation.length <= 1) return this.reshape(x, shape);
    return this.reshape(this.permute(this.reshape(x, collapsed.shape), collapsed.permutation), shape);
  }

  slice(x: Ref, begin: readonly number[], size: readonly number[]): Ref {
    return this.program.kernel("Slice", { x }, { begin: [...begin], size: [...size] }, { shape: size, dtype: x.dtype });
  }

  concat(parts: readonly Ref[], axis: number): Ref {
    const [first] = parts as readonly [Ref];
    if (parts.length === 1) return first;
    const total = parts.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    const shape = first.shape.map((size, i) => (i === axis ? total : size));
    return this.program.kernel("Concat", parts, { axis }, { shape, dtype: first.dtype });
  }

  pad(x: Ref, before: readonly number[], after: readonly number[]): Ref {
    const paddings = before.map((n, i) => [n, after[i] as number]);
    const shape = x.shape.map((size, i) => size + (before[i] as number) + (after[i] as number));
    if (same(x.shape, shape)) return x;
    return this.program.kernel("PadV2", { x }, { paddings, constantValue: 0 }, { shape, dtype: x.dtype });
  }

  /** `table` [rows, ..rest] at `indices` int32 [..lead] → [..lead, ..rest]. */
  gather(table: Ref, indices: Ref): Ref {
    const rest = table.shape.slice(1);
    const flat = this.reshape(table, [table.shape[0] as number, numel(rest)]);
    const count = numel(indices.shape);
    const picked = this.program.kernel(
      "GatherV2",
      { x: flat, indices: this.reshape(indices, [count]) },
      { axis: 0, batchDims: 0 },
      { shape: [count, numel(rest)], dtype: table.dtype },
    );
    return this.reshape(picked, [...indices.shape, ...rest]);
  }

  /** `updates` [count, width] summed by `indices` int32 [count] into [rows, width], in a fixed order, so always with the same bits. */
  scatterAdd(updates: Ref, indices: Ref, rows: number): Ref {
    const [count, width] = updates.shape as [number, number];
    const shape = [rows, width];
    return this.program.kernel(
      "ScatterNd",
      { indices: this.reshape(indices, [count, 1]), updates },
      { shape },
      { shape, dtype: updates.dtype },
    );
  }

  /** Ones at `indices` int32 [count] of zeros [count, depth], float32. */
  oneHot(indices: Ref, depth: number): Ref {
    const [count] = indices.shape as [number];
    const attrs = { dtype: "float32", depth, onValue: 1, offValue: 0 };
    return this.program.kernel("OneHot", { indices }, attrs, { shape: [count, depth], dtype: "float32" });
  }

  sum(x: Ref, axes: readonly number[], keepDims = false): Ref {
    return this.#reduction(x, axes, keepDims, (y, over, type) =>
      this.program.kernel("Sum", { x: y }, { axis: over, keepDims: false }, type),
    );
  }

  max(x: Ref, axes: readonly number[], keepDims = false): Ref {
    return this.#reduction(x, axes, keepDims, (y, over, type) =>
      this.program.kernel("Max", { x: y }, { reductionIndices: over, keepDims: false }, type),
    );
  }

  argMax(x: Ref, axis: number): Ref {
    const shape = x.shape.filter((_, i) => i !== axis);
    const last = x.shape
      .map((_, i) => i)
      .filter((i) => i !== axis)
      .concat(axis);
    const rows = this.reshape(this.transpose(x, last), [numel(shape), x.shape[axis] as number]);
    const found = this.program.kernel("ArgMax", { x: rows }, { axis: 1 }, { shape: [numel(shape)], dtype: "int32" });
    return this.reshape(found, shape);
  }

  /** Over the last axis. */
  softmax(x: Ref): Ref {
    const columns = x.shape.at(-1) as number;
    const logits = this.reshape(x, [numel(x.shape) / columns, columns]);
    return this.reshape(this.program.kernel("Softmax", { logits }, { dim: 1 }, logits), x.shape);
  }

  /** x · factor. */
  scale(x: Ref, factor: number): Ref {
    return factor === 1 ? x : this.binary("Multiply", x, this.program.scalar(factor));
  }

  /** With the order along the axis reversed. */
  reverse(x: Ref, axis: number): Ref {
    return this.program.kernel("Reverse", { x }, { dims: [axis] }, x);
  }

  /** Log-sum-exp of each row of `x` [rows, columns] → [rows], from the softmax: its largest is 1/Σ exp(x − peak). */
  logSumExp(x: Ref): Ref {
    return this.binary("Sub", this.max(x, [1]), this.unary("Log", this.max(this.softmax(x), [1])));
  }

  /**
   * Of `logits` [rows, columns] and `targets` int32 [rows]: each row's −log softmax at its target, and softmax − one-hot,
   * its gradient by the logits.
   */
  crossEntropy(logits: Ref, targets: Ref): { readonly losses: Ref; readonly wrong: Ref } {
    const hot = this.oneHot(targets, logits.shape[1] as number);
    const picked = this.sum(this.binary("Multiply", logits, hot), [1]);
    return {
      losses: this.binary("Sub", this.logSumExp(logits), picked),
      wrong: this.binary("Sub", this.softmax(logits), hot),
    };
  }

  /** The sum of the squares of all elements of all of `xs`, a scalar. */
  squareSum(xs: readonly Ref[]): Ref {
    const sums = xs.map((x) =>
      this.reshape(
        this.sum(
          this.unary("Square", x),
          x.shape.map((_, i) => i),
        ),
        [1],
      ),
    );
    return this.sum(this.concat(sums, 0), [0]);
  }

  /** [.., m, k] · [.., k, n] with leading axes broadcast. */
  matmul(a: Ref, b: Ref, { transA = false, transB = false }: Transposes = {}): Ref {
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const count = numel(batch);
    const [m, k] = ordered(a, transA);
    const [, n] = ordered(b, transB);
    const ours = numel(b.shape.slice(0, -2));
    if (ours === 1 && (!transA || count === 1)) {
      const left = this.reshape(a, transA ? [k, m] : [count * m, k]);
      const product = this.product(left, this.reshape(b, b.shape.slice(-2)), transA, transB);
      return this.reshape(product, [...batch, m, n]);
    }
    const whole = (x: Ref) =>
      this.reshape(this.broadcast(x, [...batch, ...x.shape.slice(-2)]), [count, ...x.shape.slice(-2)]);
    return this.reshape(this.products(whole(a), whole(b), transA, transB), [...batch, m, n]);
  }

  /** Two matrices. */
  protected product(a: Ref, b: Ref, transA: boolean, transB: boolean): Ref {
    return this.batchMatMul(a, b, transA, transB);
  }

  /** Two stacks with the same number of matrices. */
  protected products(a: Ref, b: Ref, transA: boolean, transB: boolean): Ref {
    return this.batchMatMul(a, b, transA, transB);
  }

  protected batchMatMul(a: Ref, b: Ref, transposeA: boolean, transposeB: boolean): Ref {
    const shape = [...a.shape.slice(0, -2), ordered(a, transposeA)[0], ordered(b, transposeB)[1]];
    return this.program.kernel("BatchMatMul", { a, b }, { transposeA, transposeB }, { shape, dtype: "float32" });
  }

  protected tile(x: Ref, reps: readonly number[], shape: Shape): Ref {
    return this.program.kernel("Tile", { x }, { reps: [...reps] }, { shape, dtype: x.dtype });
  }

  protected permute(x: Ref, perm: readonly number[]): Ref {
    const shape = perm.map((axis) => x.shape[axis] as number);
    return this.program.kernel("Transpose", { x }, { perm: [...perm] }, { shape, dtype: x.dtype });
  }

  protected elementwise(name: Binary | Predicate, a: Ref, b: Ref, shape: Shape, dtype: TfDType): Ref {
    return this.program.kernel(name, { a, b }, {}, { shape, dtype });
  }

  protected broadcasting(name: Binary | Predicate, a: Ref, b: Ref, dtype: TfDType): Ref {
    const shape = broadcastShapes(a.shape, b.shape);
    const {
      shapes: [left, right],
      out,
    } = collapseBroadcast([a.shape, b.shape]) as { shapes: [Shape, Shape]; out: Shape };
    return this.reshape(this.elementwise(name, this.reshape(a, left), this.reshape(b, right), out, dtype), shape);
  }

  /** The type that the operands broadcast to. */
  protected stretched(operands: readonly Ref[], dtype: TfDType): Omit<Ref, "slot"> {
    return { shape: operands.map(({ shape }) => shape).reduce((a, b) => broadcastShapes(a, b)), dtype };
  }

  #reduction(
    x: Ref,
    axes: readonly number[],
    keepDims: boolean,
    reduce: (x: Ref, axes: number[], type: Omit<Ref, "slot">) => Ref,
  ): Ref {
    const reduced = new Set(axes);
    const shape = x.shape.flatMap((size, i) => (reduced.has(i) ? (keepDims ? [1] : []) : [size]));
    const collapsed = collapseReduction(x.shape, reduced);
    if (collapsed.axes.length === 0) return this.reshape(x, shape);
    const kept = collapsed.shape.filter((_, i) => !collapsed.axes.includes(i));
    return this.reshape(
      reduce(this.reshape(x, collapsed.shape), collapsed.axes, { shape: kept, dtype: x.dtype }),
      shape,
    );
  }
}

/** The last two sizes of an operand, swapped if the product reads it transposed. */
export function ordered({ shape }: Ref, transposed: boolean): readonly [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

export function same(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
