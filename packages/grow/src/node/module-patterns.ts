// Patterns of module names in a quantisation config: finds those that match the copies of what a pattern matches.

/** A module of a layer: its name is prefix, layer number, rest. */
export interface Module {
  readonly prefix: string;
  readonly layer: number;
  readonly rest: string;
}

/** Regular expressions matched at the start (`re.match`) or anywhere (`re.search`), or globs. */
export type Language = "match" | "search" | "glob";

interface Growth {
  readonly layers: readonly number[];
  readonly stack: string | undefined;
  readonly modules: readonly Module[];
  readonly language: Language;
}

/** A layer's number alone. */
const NUMBER = /(?<=layers(?:\\\.|\[\.\]|\.))\d+(?![\d|)\]])/;

/** The number, or group of numbers, that follows `layers.` in a pattern. */
const GROUP = /(?<=layers(?:\\\.|\[\.\]|\.))(?:\d+|\((?:\?:)?[\d|]+\)|\[[\d-]+\]\+?|\\d\+?)/;

/** The pattern language of a quantisation method; most use regular expressions matched at the start. */
export function languageOf(method: unknown): Language {
  if (typeof method !== "string") return "match";
  if (/^(?:modelopt|quark)/i.test(method)) return "glob";
  return method === "gemma" ? "search" : "match";
}

/** The patterns that replace `name`; undefined if it stays, "none" if no equivalent was found. */
export function findPattern(name: string, growth: Growth): string[] | undefined | "none" {
  const [, sign = "", pattern = ""] = /^(re:|[-+]:)?(.*)$/s.exec(name) ?? [];
  const language = sign === "" ? growth.language : "match";
  const { layers, stack, modules } = growth;
  if (mayNotEnd(pattern, modules)) return "none";
  const matched = matcher(pattern, language);
  if (!matched) return "none";
  const grows = ({ prefix }: Module): boolean => stack === undefined || prefix === stack;
  const sources = new Set(modules.filter((module) => grows(module) && matched(at(module))).map(({ layer }) => layer));
  const targets = layers.flatMap((from, to) => (sources.has(from) ? [to] : []));
  const fits = (candidates: readonly string[]): boolean => {
    const tests = candidates.map((candidate) => matcher(candidate, language));
    const matches = (text: string): boolean => tests.some((test) => test?.(text));
    return modules.every((module) => {
      const wanted = matched(at(module));
      if (!grows(module)) return matches(at(module)) === wanted;
      return layers.every((from, to) => from !== module.layer || matches(at(module, to)) === wanted);
    });
  };
  if (fits([pattern])) return undefined;
  if (targets.length === 0 && fits([])) return [];
  const numbered = (end: string) => targets.map((to) => pattern.replace(NUMBER, `${to}${end}`));
  const grouped = [pattern.replace(GROUP, `(?:${targets.join("|")})(?![0-9])`)];
  const ways = language === "glob" ? [numbered(""), numbered(".")] : [numbered(""), grouped];
  const found = ways.find(fits);
  return found?.map((candidate) => `${sign}${candidate}`) ?? "none";
}

/** Steps of a search in one name that a pattern may take. */
const mostSteps = 1e7;

/**
 * Whether a search by `pattern` in a name could take very long: it repeats a group, or too many things for the length
 * of these names, which is tried at about n^k / k! places.
 */
function mayNotEnd(pattern: string, modules: readonly Module[]): boolean {
  const bare = pattern.replace(/\\./gs, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");
  if (/\)(?:[+*]|\{\d*,?\d*\})/.test(bare)) return true;
  const repeats = bare.match(/[+*]|\{\d*,\}/g)?.length ?? 0;
  const longest = modules.reduce((most, { prefix, rest }) => Math.max(most, prefix.length + rest.length), 0);
  let steps = 1;
  for (let k = 1; k <= repeats; k++) steps *= longest / k;
  return steps > mostSteps;
}

function at({ prefix, layer, rest }: Module, number = layer): string {
  return `${prefix}${number}${rest}`;
}

/** Matches as Python would; undefined if JavaScript reads the pattern differently, or not at all. */
function matcher(pattern: string, language: Language): ((name: string) => boolean) | undefined {
  if (language === "glob") {
    const signs = pattern
      .replace(/[\\^$.+(){}|/-]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return tester(`^${signs.replaceAll("[!", "[^")}$`);
  }
  if (/\(\?[^:=!<]|\\[AZz]/.test(pattern)) return undefined;
  return tester(language === "match" ? `^(?:${pattern})` : pattern);
}

function tester(pattern: string): ((name: string) => boolean) | undefined {
  try {
    const regex = new RegExp(pattern);
    return (name) => regex.test(name);
  } catch {
    return undefined;
  }
}
