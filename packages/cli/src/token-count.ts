// Parses command-line options that count tokens, in the notation of recipes.
import { parseQuantity } from "@cambium/train";
import { unfit } from "./flags.js";

/** Parser for a count of tokens: 300000, 300k, 1.2M; 0 only if `zero`. */
export function tokenCount(flag: string, zero = false): (text: string) => number {
  return (text) => {
    const value = parseQuantity(text);
    if (value !== null && (value > 0 || zero)) return value;
    throw unfit(flag, `a whole number${zero ? "" : " above 0"}, such as 300000, 300k or 1.2M`, text);
  };
}
