// Makes inputs from valid ones: bytes changed, cut, repeated and mixed; JSON values replaced by unexpected ones. The
// result depends only on the random numbers passed in.

/** Values that readers often mishandle. */
const odd = [
  null,
  true,
  0,
  -0,
  -1,
  0.5,
  1e7,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  "",
  "0",
  "../..",
  "/etc/passwd",
  "a\u0000b",
  "\ud800",
  "NaN",
  "constructor",
  "9".repeat(400),
  [],
  {},
  [[]],
  { toString: 0 },
  { toString: 0, valueOf: 0 },
  { length: 1e9 },
  JSON.parse('{"__proto__": {"layers": 1}}'),
];
const texts = [
  "\u0000",
  "\uFEFF",
  "\r",
  "\n\n",
  "{",
  "[[[[",
  "]]",
  '"',
  ",",
  ":",
  "&a [*a]",
  "*a",
  "!!binary x",
  "---\n",
  "<<: *a",
  "1e999",
  "-",
  "%",
  "\\u0000",
  "__proto__",
  "é",
  "\ud83d\ude00",
  "(a+)+$",
];

/** Replaces values nested deeper than this program can follow. */
const deepest = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

/** @param random uniform in [0, 1) */
export function mutator(random) {
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];

  const bytes = (input, others) => {
    let made = Buffer.from(input);
    for (let times = 1 + below(4); times > 0; times--) {
      const at = below(made.length + 1);
      const length = Math.min(made.length - at, 1 + below(random() < 0.8 ? 8 : 2000));
      const [before, after] = [made.subarray(0, at), made.subarray(at)];
      switch (below(8)) {
        case 0:
          if (at < made.length) made[at] ^= 1 << below(8);
          break;
        case 1:
          if (at < made.length) made[at] = pick([0, 1, 0x20, 0x22, 0x7f, 0x80, 0xff, below(256)]);
          break;
        case 2:
          made = Buffer.concat([before, after.subarray(length)]);
          break;
        case 3:
          made = Buffer.concat([before, after.subarray(0, length), after]);
          break;
        case 4:
          made = Buffer.concat([before, Buffer.from(pick(texts)), after]);
          break;
        case 5:
          made = Buffer.from(before);
          break;
        case 6: {
          const other = pick(others);
          const from = below(other.length);
          made = Buffer.concat([before, other.subarray(from, from + length), after]);
          break;
        }
        default:
          for (let i = at; i < Math.min(made.length, at + 8); i++) made[i] = below(256);
      }
    }
    return made;
  };

  /** 10 to 1000; in one of ten cases up to `most`: larger values seldom show more, and take long to make. */
  const size = (most) => Math.round(10 ** (1 + random() * Math.log10((random() < 0.1 ? most : 1000) / 10)));

  const strange = () => {
    const kind = below(12);
    if (kind === 0) return nested(size(10_000));
    if (kind === 1) return Array.from({ length: size(10_000) }, (_, i) => i);
    if (kind === 2) return "a".repeat(size(100_000));
    // A copy: later changes must not affect the next input.
    return structuredClone(pick(odd));
  };

  /** JSON, or a line of JSON lines, with one to three of its values or keys changed. */
  const json = (input) => {
    try {
      return changed(input);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return Buffer.from(deepest);
    }
  };

  const changed = (input) => {
    const all = input.toString("utf8").trimEnd().split("\n");
    const isLines = all.length > 1 && all[0].endsWith("}");
    const line = isLines ? below(all.length) : 0;
    const root = { root: JSON.parse(isLines ? all[line] : input.toString("utf8")) };
    for (let times = 1 + below(3); times > 0; times--) {
      const places = [];
      const visit = (holder) => {
        for (const key of Object.keys(holder)) {
          places.push([holder, key]);
          if (places.length > 5000) return;
          if (typeof holder[key] === "object" && holder[key] !== null) visit(holder[key]);
        }
      };
      visit(root);
      const [holder, key] = pick(places);
      const what = below(10);
      if (what === 0 && holder !== root) delete holder[key];
      else if (what === 1 && !Array.isArray(holder) && holder !== root) holder[pick(texts)] = holder[key];
      else if (what === 2 && Array.isArray(holder[key])) holder[key] = [...holder[key], ...holder[key]];
      else if (what === 3) holder[key] = structuredClone(pick(places)[0]);
      else if (what === 4 && typeof holder[key] === "number") holder[key] *= pick([-1, 2, 0.5, 1e6, 1e300]);
      else holder[key] = strange();
    }
    const made = JSON.stringify(root.root) ?? "";
    return Buffer.from(isLines ? all.with(line, made).join("\n") : made);
  };

  const nested = (depth) => {
    let made = [];
    for (let i = 0; i < depth; i++) made = random() < 0.5 ? [made] : { a: made };
    return made;
  };

  return { below, pick, bytes, json };
}
