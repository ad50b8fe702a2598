// The same operations for tfjs-node, as TensorFlow's own ops through its backend. The kernels of tfjs upload axes, shapes
// and permutations at every call, and GatherV2 reads its indices back; here they are tensors that are made once.
import { numel, type Shape } from "@cambium/ir";
import { execute, flagAttr, intAttr, type OpAttr, realAttr, typeAttr } from "../engines/tensorflow-ops.js";
import type { Ref, RefType, Values } from "../program/program.js";
import type { TensorInfo, TfDType } from "../tfjs.js";
import { type Binary, Kernels, ordered, type Predicate, same, type Unary } from "./kernels.js";

const opOf: Readonly<Partial<Record<Binary | Predicate, string>>> = { Add: "AddV2", Multiply: "Mul" };

export class TensorflowKernels extends Kernels {
  /** For a float32 slot, how its values rounded to bfloat16 are had without a cast. */
  readonly #rounds = new Map<number, () => Ref>();
  /** For a float32 slot whose values bfloat16 holds: what was widened to it. */
  readonly #sources = new Map<number, () => Ref>();

  /** `x` as it was before it was widened, for those who read either. */
  protected source(x: Ref): Ref {
    return this.#sources.get(x.slot)?.() ?? x;
  }

  /** Notes how `x`, rounded to bfloat16, is had without a cast. */
  protected roundsTo(x: Ref, make: () => Ref): Ref {
    this.#rounds.set(x.slot, make);
    return x;
  }

  override copy(x: Ref): Ref {
    return this.op("Identity", [x], [this.type("T", x)], x, { copy: this.copies++ });
  }

  override reshape(x: Ref, shape: Shape): Ref {
    if (same(x.shape, shape)) return x;
    const attrs = [this.type("T", x), this.type("Tshape", "int32")];
    const made = this.op("Reshape", [x, this.program.integers(shape)], attrs, { shape, dtype: x.dtype });
    for (const known of [this.#sources, this.#rounds]) {
      const narrow = known.get(x.slot);
      if (narrow) known.set(made.slot, () => this.reshape(narrow(), shape));
    }
    return made;
  }

  override unary(name: Unary, x: Ref): Ref {
    return this.op(name, [x], [this.type("T", x)], x);
  }

  override not(x: Ref): Ref {
    return this.op("LogicalNot", [x], [], x);
  }

  override select(condition: Ref, a: Ref, b: Ref): Ref {
    return this.op("SelectV2", [condition, a, b], [this.type("T", a)], this.stretched([condition, a, b], a.dtype));
  }

  override cast(x: Ref, to: TfDType): Ref {
    if (x.dtype === to) return x;
    if (to === "bool") return super.cast(this.widen(x), to);
    const rounded = to === "bfloat16" ? (this.#sources.get(x.slot) ?? this.#rounds.get(x.slot)) : undefined;
    if (rounded) return rounded();
    const attrs = [this.type("SrcT", x), this.type("DstT", to), this.flag("Truncate", false)];
    const cast = this.op("Cast", [x], attrs, { shape: x.shape, dtype: to });
    if (x.dtype === "bfloat16" && to === "float32") this.#sources.set(cast.slot, () => x);
    return cast;
  }

  override slice(x: Ref, begin: readonly number[], size: readonly number[]): Ref {
    const attrs = [this.type("T", x), this.type("Index", "int32")];
    const at = [begin, size].map((numbers) => this.program.integers(numbers));
    return this.op("Slice", [x, ...at], attrs, { shape: size, dtype: x.dtype });
  }

  override concat(parts: readonly Ref[], axis: number): Ref {
    const [first] = parts as readonly [Ref];
    if (parts.length === 1) return first;
    const total = parts.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    const attrs = [this.int("N", parts.length), this.type("T", first), this.type("Tidx", "int32")];
    const shape = first.shape.map((size, i) => (i === axis ? total : size));
    return this.op("ConcatV2", [...parts, this.program.scalar(axis, "int32")], attrs, { shape, dtype: first.dtype });
  }

  override pad(x: Ref, before: readonly number[], after: readonly number[]): Ref {
    const shape = x.shape.map((size, i) => size + (before[i] as number) + (after[i] as number));
    if (same(x.shape, shape)) return x;
    const pairs = Int32Array.from(before.flatMap((n, i) => [n, after[i] as number]));
    const paddings = this.program.constant(pairs, [before.length, 2], "int32");
    return this.op("Pad", [x, paddings], [this.type("T", x), this.type("Tpaddings", "int32")], {
      shape,
      dtype: x.dtype,
    });
  }

  override gather(table: Ref, indices: Ref): Ref {
    const attrs = [
      ...[this.int("batch_dims", 0), this.type("Tparams", table)],
      ...[this.type("Tindices", "int32"), this.type("Taxis", "int32")],
    ];
    const shape = [...indices.shape, ...table.shape.slice(1)];
    return this.op("GatherV2", [table, indices, this.program.scalar(0, "int32")], attrs, { shape, dtype: table.dtype });
  }

  /** On a CPU, TensorFlow divides the rows among threads, not the updates: no update is lost and the order is fixed. */
  override scatterAdd(updates: Ref, indices: Ref, rows: number): Ref {
    const attrs = [this.type("T", updates), this.type("Tindices", "int32"), this.type("Tnumsegments", "int32")];
    const type = { shape: [rows, updates.shape[1] as number], dtype: updates.dtype };
    return this.op("UnsortedSegmentSum", [updates, indices, this.program.scalar(rows, "int32")], attrs, type);
  }

  override oneHot(indices: Ref, depth: number): Ref {
    const attrs = [this.int("axis", -1), this.type("T", "float32"), this.type("TI", "int32")];
    const values = [this.program.scalar(depth, "int32"), this.program.scalar(1), this.program.scalar(0)];
    return this.op("OneHot", [indices, ...values], attrs, { shape: [...indices.shape, depth], dtype: "float32" });
  }

  override sum(x: Ref, axes: readonly number[], keepDims = false): Ref {
    return this.#reduce("Sum", x, axes, keepDims);
  }

  override max(x: Ref, axes: readonly number[], keepDims = false): Ref {
    return this.#reduce("Max", x, axes, keepDims);
  }

  override argMax(x: Ref, axis: number): Ref {
    const attrs = [this.type("T", x), this.type("Tidx", "int32"), this.type("output_type", "int32")];
    const shape = x.shape.filter((_, i) => i !== axis);
    return this.op("ArgMax", [x, this.program.scalar(axis, "int32")], attrs, { shape, dtype: "int32" });
  }

  override softmax(x: Ref): Ref {
    return this.op("Softmax", [x], [this.type("T", x)], x);
  }

  override reverse(x: Ref, axis: number): Ref {
    return this.op("ReverseV2", [x, this.program.integers([axis])], [this.type("T", x), this.type("Tidx", "int32")], x);
  }

  override crossEntropy(logits: Ref, targets: Ref): { readonly losses: Ref; readonly wrong: Ref } {
    const attrs = [this.type("T", logits), this.type("Tlabels", "int32")];
    const types = [{ shape: targets.shape, dtype: logits.dtype }, logits];
    const results = this.ops("SparseSoftmaxCrossEntropyWithLogits", [logits, targets], attrs, types);
    const [losses, wrong] = results as readonly [Ref, Ref];
    return { losses, wrong };
  }

  override squareSum(xs: readonly Ref[]): Ref {
    const scalar = { shape: [], dtype: "float32" } as const;
    const halves = xs.map((x) => this.op("L2Loss", [x], [this.type("T", x)], scalar));
    const attrs = [this.int("N", halves.length), this.type("T", "float32")];
    return this.scale(halves.length === 1 ? (halves[0] as Ref) : this.op("AddN", halves, attrs, scalar), 2);
  }

  protected override product(a: Ref, b: Ref, transA: boolean, transB: boolean): Ref {
    const attrs = [this.flag("transpose_a", transA), this.flag("transpose_b", transB)];
    return this.#multiplied("MatMul", a, b, attrs, [ordered(a, transA)[0], ordered(b, transB)[1]]);
  }

  protected override batchMatMul(a: Ref, b: Ref, transA: boolean, transB: boolean): Ref {
    const attrs = [this.flag("adj_x", transA), this.flag("adj_y", transB)];
    const shape = [...a.shape.slice(0, -2), ordered(a, transA)[0], ordered(b, transB)[1]];
    return this.#multiplied("BatchMatMulV2", a, b, attrs, shape);
  }

  /** Products of bfloat16 are summed in float32 and rounded to bfloat16 once. One operand in bfloat16 gains nothing. */
  #multiplied(name: string, a: Ref, b: Ref, attrs: readonly OpAttr[], shape: Shape): Ref {
    const [left, right] = a.dtype === b.dtype ? [a, b] : [this.widen(a), this.widen(b)];
    const product = this.op(name, [left, right], [this.type("T", left), ...attrs], { shape, dtype: left.dtype });
    return this.widen(product);
  }

  protected override tile(x: Ref, _reps: readonly number[], shape: Shape): Ref {
    const attrs = [this.type("T", x), this.type("Tidx", "int32")];
    return this.op("BroadcastTo", [x, this.program.integers(shape)], attrs, { shape, dtype: x.dtype });
  }

  protected override permute(x: Ref, perm: readonly number[]): Ref {
    const attrs = [this.type("T", x), this.type("Tperm", "int32")];
    const shape = perm.map((axis) => x.shape[axis] as number);
    return this.op("Transpose", [x, this.program.integers(perm)], attrs, { shape, dtype: x.dtype });
  }

  /** TensorFlow broadcasts up to nine axes itself, so that merging axes first would only cost an op. */
  protected override broadcasting(name: Binary | Predicate, a: Ref, b: Ref, dtype: TfDType): Ref {
    const attrs = name === "LogicalAnd" ? [] : [this.type("T", a)];
    return this.op(opOf[name] ?? name, [a, b], attrs, this.stretched([a, b], dtype));
  }

  /** One op of TensorFlow with one output. Ops with different `key`s are not shared. */
  protected op(name: string, inputs: readonly Ref[], attrs: readonly OpAttr[], type: RefType, key: object = {}): Ref {
    return this.ops(name, inputs, attrs, [type], key)[0] as Ref;
  }

  protected ops(
    name: string,
    inputs: readonly Ref[],
    attrs: readonly OpAttr[],
    types: readonly RefType[],
    key: object = {},
  ): readonly Ref[] {
    const { engine } = this.program;
    const slots = inputs.map(({ slot }) => slot);
    const make = (writes: readonly number[]) => (values: Values) => {
      const given = slots.map((slot) => values[slot] as TensorInfo);
      const results = execute(engine, name, attrs, given, writes.length);
      for (let i = 0; i < writes.length; i++) values[writes[i] as number] = results[i];
    };
    return this.program.append(name, inputs, { attrs, ...key }, types, make, this.passesOn(name));
  }

  /** Whether the results of an op of TensorFlow may lie in the memory of its inputs, where that makes a difference. */
  protected passesOn(_name: string): boolean {
    return false;
  }

  protected type(name: string, of: TfDType | RefType): OpAttr {
    return typeAttr(this.program.engine, name, typeof of === "string" ? of : of.dtype);
  }

  protected flag(name: string, value: boolean): OpAttr {
    return flagAttr(this.program.engine, name, value);
  }

  protected real(name: string, value: number): OpAttr {
    return realAttr(this.program.engine, name, value);
  }

  protected int(name: string, value: number): OpAttr {
    return intAttr(this.program.engine, name, value);
  }

  #reduce(name: string, x: Ref, axes: readonly number[], keepDims: boolean): Ref {
    const reduced = new Set(axes);
    const shape = x.shape.flatMap((size, i) => (reduced.has(i) ? (keepDims ? [1] : []) : [size]));
    if (numel(shape) === numel(x.shape)) return this.reshape(x, shape);
    const attrs = [this.flag("keep_dims", keepDims), this.type("T", x), this.type("Tidx", "int32")];
    return this.op(name, [x, this.program.integers([...axes])], attrs, { shape, dtype: x.dtype });
  }
}
