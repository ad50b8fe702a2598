// The unit of an axis, chosen so that its ticks run from 0 to a few hundred.

import { magnitude } from "@cambium/ir/figures";
import type { Cost } from "../arms.js";

export interface Unit {
  readonly divisor: number;
  /** The text below the axis. */
  readonly title: string;
}

const thousands: Readonly<Record<string, string>> = { K: "thousand ", M: "million ", G: "billion ", T: "trillion " };

/** The unit of an axis whose largest value is `most`. */
export function unitOf(by: Cost, most: number): Unit {
  if (by === "seconds") return time(most);
  const { divisor, prefix } = magnitude(most);
  if (by === "flops") return { divisor, title: `${prefix}FLOP` };
  return { divisor, title: `${thousands[prefix] ?? prefix}tokens` };
}

function time(most: number): Unit {
  if (most < 180) return { divisor: 1, title: "seconds" };
  return most < 3 * 3600 ? { divisor: 60, title: "minutes" } : { divisor: 3600, title: "hours" };
}
