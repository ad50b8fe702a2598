// The arena: values alive together never overlap, and memory is not wasted.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Lifetime, planArena } from "../../src/compile/arena.js";

const lifetime = fc
  .record({ bytes: fc.integer({ min: 1, max: 5000 }), from: fc.nat(40), length: fc.nat(15) })
  .map(({ bytes, from, length }): Lifetime => ({ bytes, from, to: from + length }));

test("values alive together never share memory; buffers stay below their limit", () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 60 }), fc.constantFrom(8192, 1e9), (lifetimes, maxBytes) => {
      const { places, buffers } = planArena(lifetimes, 256, maxBytes);
      lifetimes.forEach((a, i) => {
        const place = places[i]!;
        expect(place.offset % 256).toBe(0);
        expect(place.offset + a.bytes).toBeLessThanOrEqual(buffers[place.buffer]!);
        lifetimes.slice(0, i).forEach((b, j) => {
          const other = places[j]!;
          if (a.to < b.from || b.to < a.from || place.buffer !== other.buffer) return;
          const apart = place.offset + a.bytes <= other.offset || other.offset + b.bytes <= place.offset;
          expect(apart).toBe(true);
        });
      });
      for (const bytes of buffers) expect(bytes).toBeLessThanOrEqual(maxBytes);
    }),
  );
});

test("a value beyond the limit has a buffer of its own", () => {
  const lives = [10_000, 500, 500].map((bytes) => ({ bytes, from: 0, to: 1 }));
  expect(planArena(lives, 256, 2048).buffers).toEqual([10_240, 1024]);
});

test("a chain needs no more than its two largest neighbours", () => {
  const sizes = [256, 1024, 512, 2048, 256, 768];
  const lives = sizes.map((bytes, i) => ({ bytes, from: i, to: i + 1 }));
  const { buffers } = planArena(lives, 256, 1e9);
  expect(buffers).toEqual([512 + 2048]);
});
