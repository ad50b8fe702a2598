// Numbers in tables of strangers: 1.5e18, 1,500,000, 1 500 000, 1.1B, and 3,25 where a column has decimal commas.
import { quantitySuffixes } from "@cambium/train";

/** Groups of three digits behind a comma, a space (also a narrow or fixed one), an apostrophe or an underscore. */
const grouped = /^\d{1,3}(?:([,'’_ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?$/;
const decimalComma = /^[+-]?\d+,\d+(?:e[+-]?\d+)?$/i;
/** A comma before three digits is either. */
const either = /^\d{1,3},\d{3}$/;
const suffixed = /^(\d+(?:\.\d+)?)\s*([kKMBGT])$/;

/**
 * How a column's cells are read. A comma divides thousands or begins the decimals; that is the column's to show: cells
 * that are the one alone decide for all of it.
 */
export function cellReader(column: readonly string[]): (cell: string) => number {
  const cells = column.map((cell) => cell.trim()).filter((cell) => cell.includes(","));
  const thousands = cells.some((cell) => grouped.test(cell) && !either.test(cell));
  const decimals = cells.some((cell) => decimalComma.test(cell) && !either.test(cell));
  return (cell) => {
    const text = cell.trim();
    if (text === "") return Number.NaN;
    if (text.includes(",") && thousands === decimals) return Number.NaN;
    if (decimals && decimalComma.test(text)) return Number(text.replace(",", "."));
    if (grouped.test(text)) return Number(text.replace(/[^\d.]/g, ""));
    const [, digits = text, suffix = ""] = suffixed.exec(text) ?? [];
    return Number(digits) * 10 ** (quantitySuffixes[suffix] as number);
  };
}
