// Fits compared with scipy's minimisers on several kinds of tables, from 1e13 to 1e22 FLOPs (tools/golden/fits.py).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FitRow, fitBudgets, fitPowerGroups, fitShares, fitSurface, type Residual } from "../src/index.js";

interface Table {
  readonly name: string;
  readonly form: "power" | "chinchilla" | "timing" | "isoflop";
  readonly e?: string;
  readonly scale?: number;
  readonly rows: readonly [string, ...number[]][];
  readonly answer: Record<string, Record<string, number>> & Record<string, number>;
  readonly objective?: number;
}
const golden = new URL("golden-fits.json", import.meta.url);
const { delta, tables }: { delta: number; tables: Table[] } = JSON.parse(readFileSync(golden, "utf8"));

function rowsOf({ rows }: Table): FitRow[] {
  return rows.map(([group, ...numbers], i) => ({
    line: i + 2,
    group,
    x: numbers.slice(0, -1),
    y: numbers.at(-1) as number,
  }));
}

/** The Huber loss on ln L, by definition. */
function objective(residuals: readonly Residual[]): number {
  return residuals.reduce((sum, { y, fit }) => {
    const r = Math.abs(Math.log(y / fit));
    return sum + (r <= delta ? (r * r) / 2 : delta * (r - delta / 2));
  }, 0);
}

/** In a flat valley both minimisers stop once the loss changes by less than 1e-9 of itself, at nearby parameters. */
const close = (actual: number, expected: number) => expect(Math.abs(actual / expected - 1)).toBeLessThan(2e-3);

describe.each(tables)("$name", (table) => {
  const rows = rowsOf(table);
  if (table.form === "power" || table.form === "chinchilla") {
    it("ends where scipy's minimiser does, or lower", () => {
      const [named] = /(?<=group:).*/.exec(table.e ?? "") ?? [];
      const e = named === undefined ? (table.e as "shared" | "free" | "zero") : { group: named };
      const fit =
        table.form === "power"
          ? fitPowerGroups(rows, { e, scale: table.scale as number, delta, bootstrap: 0 })
          : fitSurface(rows, { delta, bootstrap: 0 });
      const groups: Record<string, object> = fit.groups;
      // With the floor of one group, that group is fitted alone, so the sum over all groups is not what is minimised.
      expect(objective(fit.residuals) / (table.objective as number)).toBeLessThan(
        named === undefined ? 1 + 1e-7 : 1.001,
      );
      for (const [name, expected] of Object.entries(table.answer))
        for (const [key, value] of Object.entries(expected))
          if (value !== 0) close((groups[name] as Record<string, number>)[key] as number, value);
    });
  } else {
    it("is numpy's parabola", () => {
      const fit = table.form === "timing" ? fitShares(rows, 0) : fitBudgets(rows, 0);
      const [group] = Object.values(fit.groups);
      for (const key of ["minimum", "loss", "bend"] as const)
        expect((group?.[key] as number) / (table.answer[key] as number)).toBeCloseTo(1, 9);
    });
  }
});
