// Parses numbers of tables from elsewhere: 1.5e18, 1,500,000, 1 500 000, 1.1B, and 3,25 in a column of decimal commas.
import { quantitySuffixes } from "@cambium/train";

/** Groups of three digits after a comma, a space (also narrow or no-break), an apostrophe or an underscore. */
const grouped = /^\d{1,3}(?:([,'’_ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?$/;
const decimalComma = /^[+-]?\d+,\d+(?:e[+-]?\d+)?$/i;
/** A comma before exactly three digits may be either. */
const ambiguous = /^\d{1,3},\d{3}$/;
const suffixed = /^(\d+(?:\.\d+)?)\s*([kKMBGT])$/;

/**
 * A parser for a column's cells; it returns NaN for anything but a number. Whether commas separate thousands or
 * decimals is decided for the whole column, by its unambiguous cells.
 */
export function cellReader(column: readonly string[]): (cell: string) => number {
  const cells = column.map((cell) => cell.trim()).filter((cell) => cell.includes(","));
  const thousands = cells.some((cell) => grouped.test(cell) && !ambiguous.test(cell));
  const decimals = cells.some((cell) => decimalComma.test(cell) && !ambiguous.test(cell));
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
