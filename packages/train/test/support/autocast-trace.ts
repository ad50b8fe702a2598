// Fifty training steps in bf16 on any device against PyTorch's autocast (written by tools/golden/autocast.py).
import { readFileSync } from "node:fs";
import type { Device } from "@cambium/backend";
import { describe, expect, test } from "vitest";
import { fixtureNames } from "../../../model/test/support/golden.js";
import { traceOf, writtenTrace } from "./reference-trace.js";

const file = new URL("../golden/autocast-trace.json", import.meta.url);

/**
 * Declares one test per fixture: the loss of each of fifty steps within 2 % of PyTorch's, and the same bits twice. bf16
 * rounds an operand by up to 2^-9 of itself, PyTorch rounds in other places too, and AdamW turns a small difference of
 * a gradient into a step of full size: the traces of the two in bf16 are as far from each other as each is from f32.
 */
export function describeAutocastTrace(name: string, open: () => Promise<Device>, fixtures = fixtureNames): void {
  describe(`fifty steps in bf16 on ${name}`, () => {
    test.each(fixtures)("%s", { timeout: 240_000 }, async (fixture) => {
      await using device = await open();
      const want = (JSON.parse(readFileSync(file, "utf8")) as Record<string, readonly number[]>)[fixture] ?? [];
      expect(want).toHaveLength(50);
      const trace = await traceOf(device, fixture, "bf16");
      expect(await traceOf(device, fixture, "bf16", 5)).toEqual(trace.slice(0, 5));
      const off = (against: (step: number) => number) =>
        Math.max(...trace.map(([loss], step) => Math.abs(loss / against(step) - 1)));
      expect(off((step) => want[step] as number)).toBeLessThan(0.02);
      expect(off((step) => writtenTrace(fixture, "f32")[step]?.[0] as number)).toBeLessThan(0.02);
    });
  });
}
