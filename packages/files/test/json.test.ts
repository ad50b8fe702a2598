// The strict JSON reader against JSON.parse, and its intended differences.
import { parseJson } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { messages, refusal } from "./support/errors.js";

it("reads what JSON.parse reads, to the same value", () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), fc.constantFrom(0, 1, "\t"), (compact, indent) => {
      const text = JSON.stringify(JSON.parse(compact), null, indent);
      expect(parseJson(text, "x")).toEqual(JSON.parse(text));
    }),
    { numRuns: 2000 },
  );
});

it("refuses what JSON.parse refuses", () => {
  const text = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]":,.-+0e\\ \n\u0000tu'))
    .map(([json, at, char]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + char + json.slice(place + (at % 2));
    });
  fc.assert(
    fc.property(text, (edited) => {
      let expected: unknown;
      try {
        expected = JSON.parse(edited);
      } catch {
        expect(() => parseJson(edited, "x")).toThrow(CambiumError);
        return;
      }
      try {
        expect(parseJson(edited, "x")).toEqual(expected);
      } catch (error) {
        // The three intended refusals: duplicate keys, deep nesting, and numbers that are too large or too long.
        if (!(error instanceof CambiumError)) throw error;
        expect(`${error.message} ${error.details.expected}`).toMatch(/given twice|levels of nesting|a value/);
      }
    }),
    { numRuns: 4000 },
  );
});

it("treats __proto__ as a normal key", () => {
  const value = parseJson('{"__proto__": {"polluted": 1}}', "x") as object;
  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect("polluted" in value).toBe(false);
});

it("names every duplicate key, with its place", async () => {
  const error = await refusal(() => parseJson('{\n "a": 1,\n "b": {"c": 1, "c": 2},\n "a": 3\n}', "f.json"));
  expect(error.code).toBe("E_JSON");
  expect(messages(error)).toEqual([
    'f.json:3:16: the key "c" is given twice',
    'f.json:4:2: the key "a" is given twice',
  ]);
});

it("reports where a text breaks off and what was expected", async () => {
  const error = await refusal(() => parseJson('{"a": [1,\n  2', "f.json"));
  expect(error.details).toEqual({ where: "f.json:2:4", expected: "`,` or `]`", got: "the end of the text" });
});

it("copies little of the text to report a key given ten thousand times", async () => {
  const text = `{${Array.from({ length: 1e4 }, () => '"12345":0').join(",\n")}}`;
  let copied = 0;
  const { slice } = String.prototype;
  const counting = vi.spyOn(String.prototype, "slice").mockImplementation(function (this: string, ...range) {
    const part = slice.apply(this, range);
    copied += part.length;
    return part;
  });
  const error = await refusal(() => parseJson(text, "f.json")).finally(() => counting.mockRestore());
  expect(messages(error).at(-1)).toMatch(/and 9979 more$/);
  // Each of the 20 places shown takes a copy of the text before it, and all values together take one more copy. A place
  // for every duplicate would take 5,000 copies of the whole text.
  expect(copied).toBeLessThan(22 * text.length);
});
