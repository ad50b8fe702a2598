// The types of op functions: what compiles, and (checked by tsc) what does not.
import { expect, expectTypeOf, test } from "vitest";
import {
  type AttrsOf,
  adamw,
  add,
  type Builder,
  type CompositeOp,
  concat,
  constant,
  f32,
  iota,
  matmul,
  type Node,
  type Op,
  type Operand,
  type PrimitiveName,
  type PrimitiveOp,
  type primitives,
  reduceSum,
  rmsNorm,
  type Tensor,
  transpose,
} from "../src/index.js";
import { graphOf } from "./support.js";

test("an op takes its inputs as operands and returns one tensor, or one per named output", () => {
  expectTypeOf<Parameters<typeof add>>().toEqualTypeOf<[Operand, Operand]>();
  expectTypeOf(add).returns.toEqualTypeOf<Tensor>();
  expectTypeOf(rmsNorm).returns.toEqualTypeOf<readonly [Tensor, Tensor]>();
  expectTypeOf(adamw).returns.toEqualTypeOf<readonly [Tensor, Tensor, Tensor]>();
  expectTypeOf(concat).parameter(0).toEqualTypeOf<readonly Tensor[]>();
});

test("an op without inputs takes the builder", () => {
  expectTypeOf(iota).parameter(0).toEqualTypeOf<Builder>();
  expectTypeOf(constant).parameter(0).toEqualTypeOf<Builder>();
});

test("the attributes argument is optional unless an attribute is required", () => {
  expectTypeOf<Parameters<typeof matmul>["length"]>().toEqualTypeOf<2 | 3>();
  expectTypeOf<Parameters<typeof transpose>["length"]>().toEqualTypeOf<2>();
  expectTypeOf<Parameters<typeof reduceSum>[1]>().toEqualTypeOf<{ axes: readonly number[]; keepDims?: boolean }>();
});

test("the attributes of a node have their types, defaults filled in", () => {
  const { nodes } = graphOf((b) => matmul(b.input("x", f32(2, 2)), b.input("y", f32(2, 2)), { transB: true }));
  const [node] = nodes as [Node];
  expectTypeOf(matmul.attrsOf).returns.toEqualTypeOf<{ transA: boolean; transB: boolean }>();
  expectTypeOf<AttrsOf<typeof transpose>>().toEqualTypeOf<{ permutation: readonly number[] }>();
  expect(matmul.attrsOf(node)).toEqual({ transA: false, transB: true });
  expect(() => transpose.attrsOf(node)).toThrow(/"matmul".*"transpose"/);
});

test("an op's kind decides whether it evaluates or decomposes", () => {
  expectTypeOf<PrimitiveOp["kind"]>().toEqualTypeOf<"primitive">();
  expectTypeOf<Extract<Op, { decompose: unknown }>>().toEqualTypeOf<CompositeOp>();
  expectTypeOf<Extract<Op, { evaluate: unknown }>>().toEqualTypeOf<PrimitiveOp>();
});

test("a table over op names must be total", () => {
  expectTypeOf<PrimitiveName>().toEqualTypeOf<keyof typeof primitives>();
  // @ts-expect-error a lowering table that forgets ops does not compile
  const lowerings: Record<PrimitiveName, () => void> = { add: () => {} };
  void lowerings;
});

/** Never called: each line must fail to compile. */
export function refused(b: Builder, x: Tensor): void {
  // @ts-expect-error an input too few
  add(x);
  // @ts-expect-error an input too many
  add(x, x, x);
  // @ts-expect-error attributes an op does not have
  add(x, x, { axis: 0 });
  // @ts-expect-error attributes left out
  transpose(x);
  // @ts-expect-error an attribute misspelt
  matmul(x, x, { transC: true });
  // @ts-expect-error an attribute of another type
  reduceSum(x, { axes: 1 });
  // @ts-expect-error tensors of a variadic op one by one
  concat(x, x, { axis: 0 });
  // @ts-expect-error a tensor where the builder belongs
  iota(x, { shape: [1], axis: 0 });
  // @ts-expect-error text for a tensor
  add("x", x);
  // @ts-expect-error one output taken as a list
  const [y] = add(x, x);
  // @ts-expect-error a list taken as one output
  add(rmsNorm(x, x, { eps: 1e-5 }), x);
  void [b, y];
}
