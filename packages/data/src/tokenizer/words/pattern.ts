// Regular expressions of Oniguruma that JavaScript reads alike. The few things that published byte-level tokenizers use
// are known; anything else is left to the original.

export interface Pattern {
  /** For the flag `u`. */
  readonly source: string;
  /** The classes it asks for by name, such as `\p{L}`. */
  readonly classes: readonly string[];
}

/** JavaScript's own `\s` has U+FEFF and lacks U+0085. */
const spaces = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** In any case, which folds a long s too. */
const contractions = { from: "(?i:'s|'t|'re|'ve|'m|'ll|'d)", to: "(?:'(?:[sS\\u017f]|[tTmMdD]|[rRvV][eE]|[lL][lL]))" };

const group = /^\((?:\?[:=!])?(?!\?)/;
const category = /^\\[pP]\{(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?)\}/;
const escaped = /^\\[rnt\\^$.*+?()[\]{}|/]/;
const quantifier = /^(?:[?*+]|\{\d+(?:,\d*)?\})(?![?*+{])/;

/** Returns undefined for an expression that JavaScript may read otherwise. */
export function inJavaScript(pattern: string): Pattern | undefined {
  const classes = new Set<string>();
  const named = (name: string): string => {
    classes.add(name.replace("\\P", "\\p"));
    return name;
  };
  let [source, rest] = ["", pattern];
  const take = (length: number, as = rest.slice(0, length)): void => {
    source += as;
    rest = rest.slice(length);
  };
  while (rest !== "") {
    const found = (form: RegExp): string => form.exec(rest)?.[0] ?? "";
    const set = found(/^\[(?:[^[\]\\]|\\.)+\]/);
    if (rest.startsWith(contractions.from)) take(contractions.from.length, contractions.to);
    else if (set) {
      const read = setInJavaScript(set, named);
      if (read === undefined) return undefined;
      take(set.length, read);
    } else if (found(category)) take(found(category).length, named(found(category)));
    else if (rest.startsWith("\\s")) take(2, `[${spaces}]`);
    else if (rest.startsWith("\\S")) take(2, `[^${spaces}]`);
    else if (found(escaped)) take(2);
    else if (found(group)) take(found(group).length);
    else if (found(quantifier)) take(found(quantifier).length);
    else if (/^[|)]|^[^\\^$.*+?()[\]{}|]/u.test(rest)) take([...rest.slice(0, 2)][0]?.length ?? 1);
    else return undefined;
  }
  return compiles(source) ? { source, classes: [...classes] } : undefined;
}

/** A class in brackets, such as `[^\s\p{L}]`; nested ones and `&&` are Oniguruma's own. */
function setInJavaScript(set: string, named: (name: string) => string): string | undefined {
  if (set.includes("&&") || /^\[\^?-|-\]$/.test(set)) return undefined;
  let [source, rest] = ["[", set.slice(1, -1)];
  if (rest.startsWith("^")) [source, rest] = ["[^", rest.slice(1)];
  while (rest !== "") {
    const name = category.exec(rest)?.[0];
    const sign = /^\\[rnt\\^$.*+?()[\]{}|/-]/.exec(rest)?.[0];
    const length = name?.length ?? (rest.startsWith("\\") ? 2 : 1);
    if (name) source += named(name);
    else if (rest.startsWith("\\s")) source += spaces;
    else if (rest.startsWith("\\") && !sign) return undefined;
    else source += sign ?? rest.slice(0, 1);
    rest = rest.slice(length);
  }
  return `${source}]`;
}

function compiles(source: string): boolean {
  try {
    new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}
