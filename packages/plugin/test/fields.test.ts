// A value against the table of its fields.
import { checkFields, type Fields, fieldReasons } from "@cambium/plugin";
import { expect, test } from "vitest";

interface Bead {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly color?: string;
  move(): void;
}
const fields: Fields<Bead> = { name: "string", sizes: "list", color: "string?", move: "function" };
const whole: Bead = { name: "red", sizes: [1], move: () => {} };

test("a whole value has no reason, with and without what may be left out", () => {
  expect(fieldReasons(fields, whole)).toEqual([]);
  expect(fieldReasons(fields, { ...whole, color: "red" })).toEqual([]);
});

test("all that is wrong is named at once: missing, empty, of another type, not of the contract", () => {
  const value = { name: "", sizes: { 0: 1 }, color: null, colour: "red" };
  expect(fieldReasons(fields, value)).toEqual([
    { where: "name", message: "is something else", expected: "string", got: "an empty string" },
    { where: "sizes", message: "is something else", expected: "list", got: "object" },
    { where: "color", message: "is something else", expected: "string", got: "null" },
    { where: "move", message: "is missing", expected: "function", got: "undefined" },
    { where: "colour", message: "no such field", hint: 'did you mean "color"?' },
  ]);
  expect(() => checkFields("defineBead", fields, value as unknown as Bead)).toThrow(/colour: no such field/);
});
