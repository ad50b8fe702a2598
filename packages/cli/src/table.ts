// The result of a run as a table and one sentence.
import { styleText } from "node:util";
import { append } from "@cambium/ir";
import type { RunSummary } from "@cambium/report";
import Table from "cli-table3";
import { compact, duration, signedPercent } from "./format.js";

const head = ["arm", "layers", "parameters", "held-out loss", "FLOPs", "tokens", "time", "speed-up"];

/** @param columns of the terminal: a wider table is turned, an arm a column */
export function resultTable({ arms, comparison, why }: RunSummary, columns = Number.POSITIVE_INFINITY): string {
  const rows = arms.map((arm) => [
    arm.done ? arm.name : `${arm.name} (running)`,
    String(arm.layers),
    compact(arm.parameters),
    arm.finalHeldOutLoss?.toFixed(4) ?? "–",
    compact(arm.spent.flops),
    compact(arm.spent.tokens),
    duration(arm.spent.seconds),
    arm.speedup === null ? "–" : signedPercent(arm.speedup),
  ]);
  const wide = drawn([head, ...rows]);
  const table = widthOf(wide) <= columns ? wide : turned(rows, columns);
  return `${table}\n${comparison ? styleText("bold", verdict(comparison)) : (why ?? "")}`;
}

/** Tables of as many arms side by side as fit, one at least. */
function turned(rows: readonly (readonly string[])[], columns: number): string {
  const of = (arms: typeof rows) => drawn(head.map((name, i) => [name, ...arms.map((arm) => arm[i] ?? "")]));
  const tables: string[] = [];
  for (let from = 0; from < rows.length; ) {
    let count = 1;
    while (from + count < rows.length && widthOf(of(rows.slice(from, from + count + 1))) <= columns) count++;
    tables.push(of(rows.slice(from, from + count)));
    from += count;
  }
  return tables.join("\n");
}

function drawn(rows: readonly (readonly string[])[]): string {
  const [names = [], ...rest] = rows;
  const table = new Table({
    head: [...names],
    colAligns: names.map((_, i) => (i === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  append(
    table,
    rest.map((row) => [...row]),
  );
  return table.toString();
}

function widthOf(table: string): number {
  return table.split("\n", 1)[0]?.length ?? 0;
}

function verdict({ grown, scratch, loss, speedup }: NonNullable<RunSummary["comparison"]>): string {
  const what = speedup >= 0 ? "Speed-up" : "Slow-down";
  return `${what} ${signedPercent(speedup)} in FLOPs: ${grown} against ${scratch} at an equal held-out loss of ${loss.toFixed(4)} nats per token.`;
}
