// Fifty training steps of the golden fixtures on any device, against traces of the reference evaluator (written by
// tools/golden/reference-trace.ts), and twice to the same bits.
import { readFileSync } from "node:fs";
import type { Device } from "@cambium/backend";
import type { HostTensor } from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { fixtureNames, readConfig, readTensors } from "../../../model/test/support/golden.js";
import { freshState, type Precision, Trainer } from "../../src/index.js";

/** Loss and gradient norm of each step. */
export type Trace = readonly (readonly [loss: number, gradNorm: number])[];

/** Traces of the reference evaluator, by fixture. */
const file = new URL("../golden/reference-trace.json", import.meta.url);
const mixedFile = new URL("../golden/reference-trace-mixed.json", import.meta.url);

/** The written trace of a fixture. */
export function writtenTrace(fixture: string, precision: Precision): Trace {
  const traces = readFileSync(precision === "mixed" ? mixedFile : file, "utf8");
  return (JSON.parse(traces) as Readonly<Record<string, Trace>>)[fixture] as Trace;
}

/** The first fifty steps, or `count`, over a fixture's batches from its weights, default AdamW, lr 1e-3. */
export async function traceOf(
  device: Device,
  fixture: string,
  precision: Precision = "f32",
  count = 50,
): Promise<Trace> {
  const { data, shape } = readTensors(fixture, "golden.safetensors")["trace.tokens"] as HostTensor<"i32">;
  const [steps, batch, length] = shape as [number, number, number];
  const config = readConfig(fixture);
  using trainer = await Trainer.open({ device, model: config, batch, context: length - 1, precision });
  await trainer.load(freshState(readTensors(fixture, "model.safetensors")));
  const trace: [number, number][] = [];
  for (let step = 0; step < count; step++) {
    const at = (step % steps) * batch * length;
    const { loss, gradNorm } = await trainer.step([data.slice(at, at + batch * length)], 1e-3);
    trace.push([loss, gradNorm]);
  }
  return trace;
}

/**
 * Declares one test per fixture. The bound is 1e-4, relative: float32's rounding unit is 6e-8, and fifty steps of
 * AdamW, which divides by the root of the second moment, spread it a thousandfold where gradients are small.
 */
export function describeReferenceTrace(name: string, open: () => Promise<Device>): void {
  describe(`fifty steps on ${name}`, () => {
    test.each(fixtureNames)(
      "%s: within 1e-4 of the reference, twice the same bits",
      { timeout: 240_000 },
      async (fixture) => {
        await using device = await open();
        const [first, second] = [await traceOf(device, fixture), await traceOf(device, fixture)];
        expect(second).toEqual(first);
        const want = writtenTrace(fixture, "f32");
        const far = first.flatMap((values, step) =>
          values.map((value, i) => Math.abs(value / (want[step]?.[i] as number) - 1)),
        );
        expect(Math.max(...far)).toBeLessThan(1e-4);
      },
    );
  });
}

/** Those whose steps in mixed precision are written down: plain heads, and grouped ones with a tied table. */
export const mixedFixtures = ["mha-untied", "gqa-tied"] as const;

/**
 * Declares one test per fixture: fifty steps in mixed precision as the reference takes them, twice to the same bits.
 * Device and reference sum in f32, in another order: a value close to the middle between two neighbours in f16 goes to
 * the one or the other, and an operand is then off by 2^-10 of itself. Fifty steps add that up to about 2e-4 of the
 * loss and 2e-3 of the norm, as far as mixed precision is from f32 altogether. Five times that is allowed, of both.
 */
export function describeMixedTrace(name: string, open: () => Promise<Device>): void {
  describe(`fifty steps in mixed precision on ${name}`, () => {
    test.each(mixedFixtures)("%s", { timeout: 300_000 }, async (fixture) => {
      await using device = await open();
      // A trainer refuses devices that hold f16 as f32; that they round as the others do is tested all the same.
      const willing = { ...device, info: { ...device.info, computes: device.info.accepts } };
      const trace = await traceOf(willing, fixture, "mixed");
      expect(await traceOf(willing, fixture, "mixed")).toEqual(trace);
      for (const precision of ["mixed", "f32"] as const) {
        const want = writtenTrace(fixture, precision);
        const far = ([0, 1] as const).map((which) =>
          Math.max(...trace.map((values, step) => Math.abs(values[which] / (want[step]?.[which] as number) - 1))),
        ) as [number, number];
        expect(far[0], "loss").toBeLessThan(1e-3);
        expect(far[1], "gradient norm").toBeLessThan(1e-2);
      }
    });
  });
}
