// The training trace on the reference backend, and the golden traces, which must be its own.
import { referenceBackend } from "@cambium/backend";
import { expect, test } from "vitest";
import { mixedFixtures, traceOf, writtenTrace } from "./support/reference-trace.js";
import { describeTrainingTrace } from "./support/training-trace.js";

describeTrainingTrace("the reference backend", () => referenceBackend.open());

test.each(mixedFixtures.flatMap((fixture) => [[fixture, "f32"] as const, [fixture, "mixed"] as const]))(
  "the golden trace of %s in %s is what the reference computes",
  { timeout: 60_000 },
  async (fixture, precision) => {
    await using device = await referenceBackend.open();
    const trace = await traceOf(device, fixture, precision, 4);
    const want = writtenTrace(fixture, precision);
    // The same to the bit here; another version of V8 may round an exponential otherwise, and f16 then another operand.
    const far = trace.flatMap((values, step) => values.map((x, i) => Math.abs(x / (want[step]?.[i] as number) - 1)));
    expect(Math.max(...far)).toBeLessThan(1e-4);
  },
);
