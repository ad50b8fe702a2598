// Spells a regular expression for the build in WebAssembly so that it finds what it finds in Python's tokenizers of
// today, whose Oniguruma is newer: classes of characters get the characters that were added since, and `[:punct:]` has
// meant signs such as $ + < = > | ~ too since Oniguruma 6.9.9.
import { type Difference, differenceOf, doubtful, newer, newFoldings } from "./properties.js";

export interface Expression {
  readonly text: string;
  /** Characters, as members of a class, in whose presence it may find something else. */
  readonly doubt?: string;
}

/** `\p{In_No_Block}` has lost characters that are none yet: those of new blocks, all beyond the first plane. */
const beyondBlocks = `${doubtful}\u{10000}-\u{10ffff}`;

const none: Difference = { added: "", removed: "" };

const named = /^\\([pP])\{(\^?)([\w\s-]+)\}/;
const inBrackets = /^\[:(\^?)(\w+):\]/;
/** What `[:punct:]` means today. */
const punctuation = "\\p{P}\\p{S}";
const options = /^\(\?([a-z]*)(?:-([a-z]*))?([:)])/i;
const comment = /^\(\?#(?:\\.|[^)\\])*\)/s;
/** Extended expressions have other comments, too, which are not told from the rest here. */
const extended = /\(\?[a-z]*x/;

export function expressionOfToday(pattern: string): Expression {
  let [text, depth] = ["", 0];
  /** Right behind an opening bracket, where a closing one is a letter. */
  let first = -1;
  const doubts = new Set<string>(extended.test(pattern) ? [doubtful] : []);
  /** Whether case plays no part in the groups that are open. */
  const groups = [false];
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at, at + 80);
    const found = classAt(rest, depth > 0);
    let taken = found?.text ?? (rest[0] === "\\" ? rest.slice(0, 2) : (rest[0] as string));
    const inAnyCase = groups.at(-1) === true;
    if (found) {
      if (!found.difference) doubts.add(/block/i.test(found.text) ? beyondBlocks : doubtful);
      else if (inAnyCase && depth > 0) doubts.add(newFoldings);
      text += spelled(found, found.difference ?? none, inAnyCase && depth === 0);
    } else if (depth === 0 && /^\\[bByYX]/.test(taken)) doubts.add(newer);
    else if (inAnyCase && isBeyondAscii(taken)) doubts.add(newFoldings);
    else if (depth === 0 && taken === "(") taken = comment.exec(pattern.slice(at))?.[0] ?? openGroup(groups, rest);
    else if (depth === 0 && taken === ")" && groups.length > 1) groups.pop();
    else if (taken === "[") {
      depth += 1;
      first = at + (rest[1] === "^" ? 2 : 1);
    } else if (taken === "]" && depth > 0 && at !== first) depth -= 1;
    if (!found) text += taken;
    at += taken.length;
  }
  return { text, ...(doubts.size > 0 && { doubt: [...doubts].join("") }) };
}

/** Whether a character, or an escape by number, may be a letter with a new partner in the other case. */
function isBeyondAscii(taken: string): boolean {
  return /^(?:\\[xuo0-9]|[^\0-\x7f])/.test(taken);
}

/** A class of characters as it is written. */
interface Class {
  readonly text: string;
  /** The class itself where the text denies it. */
  readonly members: string;
  readonly isDenied: boolean;
  readonly difference: Difference | undefined;
}

function classAt(rest: string, inside: boolean): Class | undefined {
  const [property, capital, hat, name = ""] = named.exec(rest) ?? [];
  if (property !== undefined) {
    // `\p{Word}` is like `\w`, below.
    const isMember = inside && /^\s*word\s*$/i.test(name);
    const difference = isMember ? differenceOfPosix("word") : differenceOf(name);
    const isDenied = (capital === "P") !== (hat === "^");
    return { text: property, members: `\\p{${name}}`, isDenied, difference };
  }
  const [posix, not, posixName = ""] = (inside && inBrackets.exec(rest)) || [];
  if (posix !== undefined) {
    const own = posixName === "punct" ? punctuation : `[:${posixName}:]`;
    return { text: posix, members: own, isDenied: not === "^", difference: differenceOfPosix(posixName) };
  }
  const [letter] = /^\\[wWdD]/.exec(rest) ?? [];
  if (letter === undefined) return undefined;
  // By itself `\w` has the numbers, too; among the members of a class it has not.
  const difference = /d/i.test(letter) ? differenceOf("digit") : (inside ? differenceOfPosix : differenceOf)("word");
  return { text: letter, members: letter.toLowerCase(), isDenied: /[WD]/.test(letter), difference };
}

/** As in a class: `[:word:]` is without some numbers that `\p{Word}` has. */
function differenceOfPosix(name: string): Difference | undefined {
  const parts = { word: ["l", "m", "nd"], punct: ["p", "s"] }[name];
  if (!parts) return differenceOf(name);
  return { ...none, added: parts.map((part) => differenceOf(part)?.added).join("") };
}

/** @param exact whether case plays no part in the expression, which does not matter to a class outside of brackets */
function spelled({ text, members, isDenied }: Class, { added, removed }: Difference, exact: boolean): string {
  if (added === "" && removed === "" && members !== punctuation) return text;
  const kept = removed === "" ? members : `[${members}&&[^${removed}]]`;
  const own = `${isDenied ? "[^" : "["}${kept}${added}]`;
  return exact ? `(?-i:${own})` : own;
}

/** Opens a group, or sets the options of the one that is open. @returns what of `rest` that took */
function openGroup(groups: boolean[], rest: string): string {
  const [whole = "(", on = "", off = "", end = ":"] = options.exec(rest) ?? [];
  const isOn = on.includes("i") || (groups.at(-1) === true && !off.includes("i"));
  if (end === ")") groups[groups.length - 1] = isOn;
  else groups.push(isOn);
  return whole;
}
