// Tables with borders. One that is wider than the terminal is transposed, so that a narrow terminal breaks no line.
import { append, highest } from "@cambium/ir";
import Table from "cli-table3";

type Cells = readonly (string | number)[];

/** Which columns hold numbers, and are aligned to the right. */
type Right = (column: number) => boolean;

/**
 * @param columns the terminal's width; without a terminal, lines may be of any length
 * @param right by default no column
 */
export function drawTable(
  head: readonly string[],
  rows: readonly Cells[],
  right: Right = () => false,
  columns = terminalColumns(),
): string {
  const wide = drawn([head, ...rows], right);
  return widthOf(wide) <= columns ? wide : drawTurned(head, rows, (column) => column > 0, columns);
}

/** One column for the labels, and one for each of `items`: tables with as many side by side as fit, at least one. */
export function drawTurned(
  labels: readonly string[],
  items: readonly Cells[],
  right: Right = () => false,
  columns = terminalColumns(),
): string {
  const of = (some: typeof items, width?: number) =>
    drawn(
      labels.map((label, i) => [label, ...some.map((item) => item[i] ?? "")]),
      right,
      width,
    );
  const tables: string[] = [];
  for (let from = 0; from < items.length; ) {
    let count = 1;
    while (from + count < items.length && widthOf(of(items.slice(from, from + count + 1))) <= columns) count++;
    tables.push(of(items.slice(from, from + count), columns));
    from += count;
  }
  return tables.join("\n");
}

function terminalColumns(): number {
  return process.stdout.columns ?? Number.POSITIVE_INFINITY;
}

/** @param width if even two columns are wider, the text of the second is folded */
function drawn(rows: readonly Cells[], right: Right, width = Number.POSITIVE_INFINITY): string {
  const [names = [], ...rest] = rows;
  const make = (more: object) => {
    const table = new Table({
      head: names.map(String),
      colAligns: names.map((_, i) => (right(i) ? "right" : "left")),
      style: { head: [], border: [], compact: true },
      ...more,
    });
    append(
      table,
      rest.map((row) => [...row]),
    );
    return table.toString();
  };
  const whole = make({});
  if (names.length !== 2 || widthOf(whole) <= width) return whole;
  const label = 2 + highest(rows.map(([name]) => String(name).length));
  return make({ colWidths: [label, Math.max(10, width - label - 3)], wordWrap: true });
}

function widthOf(table: string): number {
  return table.split("\n", 1)[0]?.length ?? 0;
}
