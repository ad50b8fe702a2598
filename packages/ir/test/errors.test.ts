// How an error reads: whatever limit cuts the list of reasons short, one line counts those left out.
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";

const reasons = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    where: `a:${i}`,
    message: "does not fit",
    expected: "a number",
    got: "x",
  }));

test("as many reasons as fit a screen, and how many more there are", () => {
  const text = new CambiumError("E_TEST", "there are mistakes", { reasons: reasons(9) }).format();
  expect(text.split("\n")).toHaveLength(1 + 6 * 3 + 1);
  expect(text.split("\n").at(-1)).toBe("  … and 3 more; --json shows all");
});

test("a lower limit counts the rest in the same line", () => {
  const error = new CambiumError("E_TEST", "there are mistakes", { reasons: reasons(9) });
  expect(error.format(2).match(/more/g)).toEqual(["more"]);
  expect(error.format(2)).toContain("… and 7 more");
  expect(error.format(8)).toBe(error.format());
});

test("what fits is shown whole", () => {
  const error = new CambiumError("E_TEST", "no", { where: "here", hint: "that", reasons: reasons(1) });
  expect(error.format()).toBe(
    "E_TEST: no\n  at: here\n  try: that\n  - a:0: does not fit\n      expected: a number\n      got: x",
  );
});

test("the message includes the reasons; the summary and the message in JSON do not", () => {
  const error = new CambiumError("E_TEST", "there are mistakes", { where: "here", reasons: reasons(9) });
  expect(error.message.split("\n").slice(0, 4)).toEqual([
    "there are mistakes",
    "  - a:0: does not fit",
    "      expected: a number",
    "      got: x",
  ]);
  expect(error.message.split("\n").at(-1)).toBe("  … and 3 more");
  expect([error.summary, error.toJSON()["message"]]).toEqual(["there are mistakes", "there are mistakes"]);
  expect(new CambiumError("E_TEST", "no", { hint: "that" }).message).toBe("no");
});
