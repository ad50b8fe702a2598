// Mistakes that are collected: once each, thrown alone or together, and nothing else with them.
import { expect, test } from "vitest";
import { CambiumError, Mistakes } from "../src/index.js";

const refuse = (code: string, message: string) => () => {
  throw new CambiumError(code, message, { where: "here" });
};

test("a single mistake is thrown as it is, however often it was met", async () => {
  const mistakes = new Mistakes();
  mistakes.throwIfAny();
  expect(await mistakes.check(() => 7)).toBe(7);
  for (let i = 0; i < 2; i++) expect(await mistakes.check(refuse("E_ONE", "is wrong"))).toBeUndefined();
  expect([mistakes.has("E_ONE"), mistakes.has("E_TWO")]).toEqual([true, false]);
  expect(() => mistakes.throwIfAny()).toThrow(expect.objectContaining({ code: "E_ONE" }));
});

test("several are thrown together, each with its code and place", async () => {
  const mistakes = new Mistakes();
  await mistakes.check(refuse("E_ONE", "is wrong"));
  await mistakes.check(async () => refuse("E_TWO", "is missing")());
  const reasons = [
    { code: "E_ONE", message: "is wrong", where: "here" },
    { code: "E_TWO", message: "is missing", where: "here" },
  ];
  expect(() => mistakes.throwIfAny()).toThrow(
    expect.objectContaining({ code: "E_MISTAKES", details: expect.objectContaining({ reasons }) }),
  );
});

test("what is not a user's mistake is thrown at once", async () => {
  const work = () => {
    throw new TypeError("a defect");
  };
  await expect(new Mistakes().check(work)).rejects.toThrow(TypeError);
});
