// A strict JSON reader for untrusted files: duplicate keys are errors, nesting is limited, `__proto__` is a normal key.
import { CambiumError } from "@cambium/ir";
import { quote, ReasonList, SHOWN_REASONS } from "./reasons.js";

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

const MAX_DEPTH = 64;
const MAX_NUMBER_LENGTH = 64;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const LITERALS = { true: true, false: false, null: null } as const;
/** Python's json module also writes these for floats that JSON cannot express. */
const PYTHON = {
  ...LITERALS,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/**
 * Parses RFC 8259 JSON. Unlike `JSON.parse` it finds duplicate keys and never recurses deeper than `maxDepth`.
 * @param where the path for errors.
 * @throws CambiumError `E_JSON` with line and column: the first syntax error, or every duplicate key.
 */
export function parseJson(text: string, where: string, maxDepth = MAX_DEPTH): JsonValue {
  return new Parser(text, where, maxDepth).document();
}

/** As {@link parseJson}, with the words NaN, Infinity and -Infinity, as Python writes and reads them. */
export function parsePythonJson(text: string, where: string): JsonValue {
  return new Parser(text, where, MAX_DEPTH, PYTHON).document();
}

/** `value` as Python's json module writes it, indented by two spaces, with bare NaN and Infinity. */
export function pythonJson(value: unknown): string {
  const marked = (_: string, one: unknown) =>
    typeof one === "number" && !Number.isFinite(one) ? `\u0000${one}\u0000` : one;
  return JSON.stringify(value, marked, 2).replace(/"\\u0000(NaN|-?Infinity)\\u0000"/g, "$1");
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class Parser {
  #at = 0;
  readonly #duplicates = new ReasonList();
  readonly #spellings: readonly string[];

  constructor(
    readonly text: string,
    readonly where: string,
    readonly maxDepth: number,
    readonly words: Readonly<Record<string, JsonValue>> = LITERALS,
  ) {
    this.#spellings = Object.keys(words);
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) this.#fail("the end of the document");
    this.#duplicates.throwIfAny("E_JSON", "a key is given twice", { where: this.where });
    return value;
  }

  #value(depth: number): JsonValue {
    this.#skipSpace();
    const first = this.text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{" || first === "[") {
      if (depth >= this.maxDepth) this.#fail(`at most ${this.maxDepth} levels of nesting`);
      return first === "{" ? this.#object(depth + 1) : this.#array(depth + 1);
    }
    const digit = first !== undefined && first >= "0" && first <= "9";
    if (!digit) {
      for (const word of this.#spellings) {
        if (!this.text.startsWith(word, this.#at)) continue;
        this.#at += word.length;
        return this.words[word] as JsonValue;
      }
    }
    return this.#number();
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = {};
    this.#items("}", () => {
      const start = this.#at;
      if (this.text[start] !== '"') this.#fail("a key in double quotes");
      const key = this.#string();
      this.#skipSpace();
      if (this.text[this.#at] !== ":") this.#fail("`:` after a key");
      this.#at++;
      const value = this.#value(depth);
      if (Object.hasOwn(object, key)) {
        this.#twice(key, start);
      }
      // Assigning to `__proto__` would set the prototype.
      if (key === "__proto__") {
        Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
      } else object[key] = value;
    });
    return object;
  }

  /** Finds the place only for reasons that will be shown, because that means reading from the start. */
  #twice(key: string, start: number): void {
    const where = this.#duplicates.count < SHOWN_REASONS ? { where: this.#position(start) } : {};
    this.#duplicates.add({ ...where, message: `the key ${quote(key)} is given twice` });
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#items("]", () => array.push(this.#value(depth)));
    return array;
  }

  /** Comma-separated items from the opening bracket to `close`. */
  #items(close: string, item: () => void): void {
    this.#at++;
    this.#skipSpace();
    if (this.text[this.#at] !== close) {
      for (;;) {
        this.#skipSpace();
        item();
        this.#skipSpace();
        if (this.text[this.#at] !== ",") break;
        this.#at++;
      }
    }
    if (this.text[this.#at] !== close) this.#fail(`\`,\` or \`${close}\``);
    this.#at++;
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    let end = start + 1;
    for (; ; end++) {
      const code = this.text.charCodeAt(end);
      if (code === 0x22) break;
      if (code === 0x5c) {
        escaped = true;
        end++;
      } else if (!(code >= 0x20)) {
        this.#at = end;
        this.#fail("a closing quote, and no control character before it");
      }
    }
    this.#at = end + 1;
    if (!escaped) return this.text.slice(start + 1, end);
    try {
      return JSON.parse(this.text.slice(start, end + 1)) as string;
    } catch {
      this.#at = start;
      return this.#fail("a string with valid escapes");
    }
  }

  #number(): number {
    const start = this.#at;
    while (this.#at - start <= MAX_NUMBER_LENGTH && isOfNumber(this.text.charCodeAt(this.#at))) this.#at++;
    const token = this.text.slice(start, this.#at);
    const value = Number(token);
    if (token.length > MAX_NUMBER_LENGTH || !NUMBER.test(token) || !Number.isFinite(value)) {
      this.#at = start;
      this.#fail("a value");
    }
    return value;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #position(at: number): string {
    const before = this.text.slice(0, at);
    const line = before.split("\n").length;
    return `${this.where}:${line}:${at - before.lastIndexOf("\n")}`;
  }

  #fail(expected: string): never {
    const rest = this.text.slice(this.#at, this.#at + 20);
    throw new CambiumError("E_JSON", "this is not JSON", {
      where: this.#position(this.#at),
      expected,
      got: rest === "" ? "the end of the text" : quote(rest),
    });
  }
}

/** Digits, signs, the point and the exponent. */
function isOfNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e || (code | 0x20) === 0x65;
}
