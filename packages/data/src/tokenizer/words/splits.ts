// What a byte-level tokenizer does to a text before it merges, as cuts in JavaScript.
import { mayNotEnd } from "../patterns.js";
import { isObject } from "../tokenizer-json.js";
import { digits, gpt2 } from "../unicode/today.js";
import { inJavaScript } from "./pattern.js";

/** Gives each piece of a text to `put`. @returns false if the text is too long for the expression */
export type Cut = (text: string, put: (piece: string) => void) => boolean;

export interface Splits {
  readonly cuts: readonly Cut[];
  /** The classes of characters that the expressions ask for, such as `\p{L}`. */
  readonly classes: ReadonlySet<string>;
}

/** Returns undefined where JavaScript might cut otherwise than the original. */
export function splitsOf(pre: unknown): Splits | undefined {
  if (!isObject(pre)) return undefined;
  const { type, pretokenizers } = pre;
  const parts: readonly unknown[] = type === "Sequence" && Array.isArray(pretokenizers) ? pretokenizers : [pre];
  const last = parts.at(-1);
  if (!isObject(last) || last["type"] !== "ByteLevel" || last["add_prefix_space"] !== false) return undefined;
  const sources = parts.slice(0, -1).map(sourceOf);
  if (last["use_regex"] !== false) sources.push({ pattern: gpt2 });
  const classes = new Set<string>();
  const cuts: Cut[] = [];
  for (const source of sources) {
    const pattern = source && !mayNotEnd(source.pattern) ? inJavaScript(source.pattern) : undefined;
    if (!source || !pattern) return undefined;
    for (const name of pattern.classes) classes.add(name);
    cuts.push(cutBy(pattern.source, source.dropsRest === true));
  }
  return { cuts, classes };
}

interface Source {
  readonly pattern: string;
  /** Whether what lies between two matches is left out; else it is a piece of its own. */
  readonly dropsRest?: boolean;
}

function sourceOf(part: unknown): Source | undefined {
  if (!isObject(part)) return undefined;
  const { type, pattern, behavior, invert, individual_digits: single } = part;
  if (type === "Digits") return { pattern: single === true ? digits : `${digits}+` };
  if (type !== "Split" || !isObject(pattern) || typeof pattern["Regex"] !== "string") return undefined;
  if (behavior === "Isolated") return { pattern: pattern["Regex"] };
  return behavior === "Removed" && invert === true ? { pattern: pattern["Regex"], dropsRest: true } : undefined;
}

function cutBy(source: string, dropsRest: boolean): Cut {
  // The first gives no array of results, which is faster, and finds only what begins at once.
  const [here, next] = [new RegExp(source, "yu"), new RegExp(source, "gu")];
  return (text, put) => {
    try {
      for (let at = 0; at < text.length; ) {
        here.lastIndex = at;
        if (!here.test(text)) {
          next.lastIndex = at;
          const end = next.exec(text)?.index ?? text.length;
          if (!dropsRest) put(text.slice(at, end));
          at = end;
        } else if (here.lastIndex === at) return false;
        else {
          put(text.slice(at, here.lastIndex));
          at = here.lastIndex;
        }
      }
      return true;
    } catch (error) {
      // What a regular expression throws when it has no memory left to go back: at some ten million characters.
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
}
