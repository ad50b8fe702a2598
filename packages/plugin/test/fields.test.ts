// Checks of a value against the table of its fields.
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

test("a complete value gives no reasons, with and without optional fields", () => {
  expect(fieldReasons(fields, whole)).toEqual([]);
  expect(fieldReasons(fields, { ...whole, color: "red" })).toEqual([]);
});

test("every fault is named at once: missing, empty, of the wrong type, unknown", () => {
  const value = { name: "", sizes: { 0: 1 }, color: null, colour: "red" };
  expect(fieldReasons(fields, value)).toEqual([
    { where: "name", message: "has the wrong type", expected: "string", got: "an empty string" },
    { where: "sizes", message: "has the wrong type", expected: "list", got: "object" },
    { where: "color", message: "has the wrong type", expected: "string", got: "null" },
    { where: "move", message: "is missing", expected: "function", got: "undefined" },
    { where: "colour", message: "no such field", hint: 'did you mean "color"?' },
  ]);
  expect(() => checkFields("defineBead", fields, value as unknown as Bead)).toThrow(/colour: no such field/);
});
