// Shapes, strides, broadcasting and host tensors.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  allocate,
  broadcastShapes,
  broadcastStrides,
  byteLength,
  f32,
  formatType,
  hostTensor,
  i32,
  normalizeAxis,
  numel,
  sameType,
  strides,
} from "../src/index.js";

test("numel and row-major strides", () => {
  expect([numel([]), numel([3]), numel([2, 3, 4])]).toEqual([1, 3, 24]);
  expect(strides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(strides([])).toEqual([]);
});

test.each([
  [[2, 3], [3], [2, 3]],
  [
    [2, 1, 4],
    [3, 1],
    [2, 3, 4],
  ],
  [[], [5], [5]],
  [[1], [], [1]],
])("[%j] and [%j] broadcast to [%j], either way round", (a, b, want) => {
  expect(broadcastShapes(a, b)).toEqual(want);
  expect(broadcastShapes(b, a)).toEqual(want);
});

test("shapes that do not broadcast are named with the axis: E_SHAPE", () => {
  expect(() => broadcastShapes([2, 3, 4], [5, 4])).toThrow(
    expect.objectContaining({
      code: "E_SHAPE",
      message: "shapes [2,3,4] and [5,4] do not broadcast",
      details: expect.objectContaining({ got: "3 against 5 on axis -2" }),
    }),
  );
});

test("broadcast strides read the element that NumPy's rule gives", () => {
  const shapes = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.nat(4), (axes, drop) => {
      const to = axes.map(([size]) => size);
      const shape = axes.map(([size, stretched]) => (stretched ? 1 : size)).slice(Math.min(drop, axes.length));
      const steps = broadcastStrides(shape, to);
      const own = strides(shape);
      const lead = to.length - shape.length;
      for (let i = 0; i < numel(to); i++) {
        const index = strides(to).map((step, axis) => Math.floor(i / step) % (to[axis] as number));
        const read = index.reduce((at, n, axis) => at + n * (steps[axis] as number), 0);
        const want = shape.reduce(
          (at, size, axis) => at + (size === 1 ? 0 : (index[axis + lead] as number)) * (own[axis] as number),
          0,
        );
        expect(read).toBe(want);
      }
    }),
  );
});

test("axes count from either end and must exist: E_AXIS", () => {
  expect([normalizeAxis(-1, 3), normalizeAxis(0, 3), normalizeAxis(2, 3)]).toEqual([2, 0, 2]);
  for (const [axis, rank] of [
    [3, 3],
    [-4, 3],
    [0, 0],
    [0.5, 3],
    [Number.NaN, 3],
  ] as const) {
    expect(() => normalizeAxis(axis, rank)).toThrow(expect.objectContaining({ code: "E_AXIS" }));
  }
});

test("types: equality, bytes and text", () => {
  expect(sameType(f32(2, 3), f32(2, 3))).toBe(true);
  for (const other of [f32(3, 2), f32(2), i32(2, 3), f32(2, 3, 1)]) expect(sameType(f32(2, 3), other)).toBe(false);
  expect([formatType(f32(8, 256)), formatType(i32())]).toEqual(["f32[8,256]", "i32[]"]);
  const bytes = (["f32", "i32", "bool", "f16", "bf16"] as const).map((dtype) => byteLength({ dtype, shape: [3, 5] }));
  expect(bytes).toEqual([60, 60, 15, 30, 30]);
});

test("host tensors hold exactly their shape's elements, in the array of their dtype: E_SHAPE", () => {
  expect(hostTensor("i32", [2], [1, -1]).data).toEqual(Int32Array.of(1, -1));
  expect(hostTensor("bool", [2, 2]).data).toEqual(new Uint8Array(4));
  const data = new Float32Array(6);
  expect(hostTensor("f32", [2, 3], data).data).toBe(data);
  expect(() => hostTensor("f32", [2, 3], [1, 2])).toThrow(expect.objectContaining({ code: "E_SHAPE" }));
  expect(allocate("bf16", 3)).toEqual(new Uint16Array(3));
});
