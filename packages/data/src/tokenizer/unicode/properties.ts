// The properties of characters that an expression of Oniguruma names, and what each lacks in WebAssembly.
import {
  alphabeticMarks,
  categories,
  changed,
  inIdentifiers,
  movedMark,
  otherLowercase,
  partners,
  scripts,
  wordNumbers,
} from "./table.js";

/** As members of a class in brackets. */
export interface Difference {
  readonly added: string;
  readonly removed: string;
}

type Category = keyof typeof categories;

/** `a-f` for each range of the table. */
export function members(ranges: string): string {
  const letter = (hex: string) => String.fromCodePoint(Number.parseInt(hex, 16));
  return ranges.replace(/[0-9a-f]+/g, letter).replaceAll(" ", "");
}

const of = (...names: Category[]): string => names.map((name) => categories[name]).join(" ");
const [letters, marks] = [of("ll", "lm", "lo", "lu"), of("mc", "mn")];
const all = of(...(Object.keys(categories) as Category[]));
const alphabetic = `${letters} ${alphabeticMarks}`;
const inWords = `${letters} ${marks} ${of("nd")}`;
const lowercase = `${of("ll")} ${otherLowercase}`;

/** What Python has and WebAssembly has not, by the name of a property, in small letters alone. */
const added: Readonly<Record<string, string>> = {
  ...{ ...categories, ...scripts },
  ...{ l: letters, lc: of("ll", "lu"), m: marks, n: of("nd", "no"), p: of("pd", "po"), s: of("sm", "so") },
  ...{
    c: "",
    cn: "",
    mc: `${categories.mc} ${movedMark}`,
    alphabetic,
    alpha: alphabetic,
    alnum: `${alphabetic} ${of("nd")}`,
    digit: of("nd"),
  },
  ...{ lowercase, lower: lowercase, uppercase: of("lu"), upper: of("lu"), punct: of("pd", "po") },
  ...{ assigned: all, graph: all, print: all, idstart: letters, xidstart: letters },
  ...{ idcontinue: `${inWords} ${inIdentifiers}`, xidcontinue: `${inWords} ${inIdentifiers}` },
  otheridcontinue: inIdentifiers,
  word: `${inWords} ${wordNumbers}`,
};

const removed: Readonly<Record<string, string>> = {
  c: of(...(Object.keys(categories) as Category[]).filter((name) => name !== "cf")),
  cn: all,
  mn: movedMark,
};

/** The properties that were compared and are the same. */
const same = new Set(
  (
    "cc co cs lt me nl pc pe pf pi ps sc sk z zl zp zs any blank cntrl space xdigit ascii whitespace hexdigit " +
    "joincontrol bidicontrol quotationmark variationselector defaultignorablecodepoint extendedpictographic " +
    "emojimodifier emojicomponent greek inherited hangul hebrew thai bengali tamil telugu georgian armenian " +
    "ethiopic khmer tibetan mongolian cherokee bopomofo yi malayalam sinhala gujarati gurmukhi oriya javanese"
  ).split(" "),
);

const longNames: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "letter:l casedletter:lc lowercaseletter:ll uppercaseletter:lu titlecaseletter:lt modifierletter:lm " +
    "otherletter:lo mark:m combiningmark:m nonspacingmark:mn spacingmark:mc enclosingmark:me number:n " +
    "decimalnumber:nd letternumber:nl othernumber:no punctuation:p otherpunctuation:po dashpunctuation:pd " +
    "connectorpunctuation:pc openpunctuation:ps closepunctuation:pe initialpunctuation:pi finalpunctuation:pf " +
    "symbol:s mathsymbol:sm currencysymbol:sc modifiersymbol:sk othersymbol:so separator:z other:c control:cc " +
    "format:cf unassigned:cn privateuse:co idc:idcontinue xidc:xidcontinue oidc:otheridcontinue ids:idstart " +
    "xids:xidstart"
  )
    .split(" ")
    .map((pair) => pair.split(":") as [string, string]),
);

/** How the property `name` differs, as `\p{…}` spells it; undefined for one that was not compared. */
export function differenceOf(name: string): Difference | undefined {
  const bare = name.toLowerCase().replace(/[\s_-]/g, "");
  const short = longNames[bare] ?? bare;
  if (!Object.hasOwn(added, short)) return same.has(short) ? { added: "", removed: "" } : undefined;
  return { added: members(added[short] as string), removed: members(removed[short] ?? "") };
}

/** Characters that Unicode 15 and 16 added. */
export const newer = members(all);

/** New letters with two cases, and the older ones that are their partners. */
export const newFoldings = members(`${of("ll", "lu")} ${partners}`);

/** Characters, new and old, that some property without a row here takes otherwise. */
export const doubtful = members(`${all} ${changed}`);

/** Those of the new characters that may stand in a word. */
export const newInWords = members(inWords);
