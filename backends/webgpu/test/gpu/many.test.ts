// Binding a kernel over many tensors: one module wherever the tensors lie, and no windows that meet in a written
// buffer.
import { f32, type Value } from "@cambium/ir";
import { expect, test } from "vitest";
import type { HeapPart } from "../../src/gpu/heap.js";
import { bindMany } from "../../src/gpu/many.js";
import type { ManyKernel } from "../../src/wgsl/many.js";

const [size, bytes] = [64, 256];
const limits = { maxBindingBytes: 2 ** 20, maxStorageBuffers: 8 };
let next = 0;
const value = (): Value => ({ id: next++, type: f32(size) });
/** Buffers are told apart by identity only. */
const buffers = [0, 1, 2].map((name) => ({ name }) as unknown as GPUBuffer);

/** `b` += `a`, over two items. */
const items = [0, 1].map(() => ({ values: [value(), value()], parameter: 0 }));
const kernel: ManyKernel = {
  ...{ label: "add", items: items.map((item) => ({ ...item, values: [...item.values, item.values[1] as Value] })) },
  ...{ writes: [false, false, true], chunk: size, invocations: 1, sharedReads: [], sharedWrites: [] },
  body: (io) => ({ main: io.storeItem(2, "begin", `${io.item(0, "begin")} + ${io.item(1, "begin")}`) }),
};

/** The parts when the tensors (a, b of the first item, then of the second) lie in these buffers and places. */
function partsAt(...places: readonly (readonly [buffer: number, place: number])[]) {
  const values = items.flatMap((item) => item.values);
  return bindMany(
    kernel,
    (one) => {
      const [buffer, place] = places[values.indexOf(one)] as readonly [number, number];
      return { buffer: buffers[buffer] as GPUBuffer, offset: bytes * place, bytes };
    },
    limits,
  );
}

const stretches = (windows: readonly { readonly storage: HeapPart; readonly access: string }[]) =>
  windows.map(({ storage: { buffer, offset }, access }) => [buffers.indexOf(buffer), offset / bytes, access]);

test("tensors of a role are bound as one, results with what they are written over", () => {
  const [apart, ...others] = partsAt([0, 0], [1, 0], [0, 1], [1, 1]);
  expect(others).toEqual([]);
  expect(stretches(apart?.windows ?? [])).toEqual([
    [0, 0, "read"],
    [1, 0, "read_write"],
  ]);
});

test("the module is the same whichever buffer the roles share", () => {
  const [shared] = partsAt([1, 0], [1, 2], [1, 1], [1, 3]);
  expect(stretches(shared?.windows ?? [])).toEqual([
    [1, 0, "read_write"],
    [1, 2, "read_write"],
  ]);
  expect(partsAt([2, 5], [2, 0], [2, 7], [2, 1])[0]?.wgsl).toBe(shared?.wgsl);
});

test("roles that lie among one another in a buffer that is written are bound as one", () => {
  const [mixed, ...others] = partsAt([0, 0], [0, 1], [0, 2], [0, 3]);
  expect(others).toEqual([]);
  expect(stretches(mixed?.windows ?? [])).toEqual([[0, 0, "read_write"]]);
  const words = [...(mixed?.table ?? [])];
  // Places of a, b and b's result in elements; first and last element; parameter; number.
  expect(words).toEqual([...[0, size, size, 0, size, 0, 0], ...[2 * size, 3 * size, 3 * size, 0, size, 0, 1]]);
});
