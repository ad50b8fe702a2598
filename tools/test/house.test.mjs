// The house rule against spreading lists into arguments finds such calls and no others.
import ts from "typescript";
import { expect, test } from "vitest";
import { spreadsOf } from "../house/spreads.mjs";

const found = (text) =>
  spreadsOf(ts.createSourceFile("a.ts", text, ts.ScriptTarget.ESNext, true)).map((one) => one.call);

test("finds the calls that a long list breaks, wherever the list is", () => {
  const text =
    "Math.max(0, ...a); list.push(...b); x.y.unshift(...c); String.fromCharCode(...d); s.splice(0, 1, ...e);";
  const all = ["Math.max", "list.push", "x.y.unshift", "String.fromCharCode", "s.splice"];
  expect(found(text)).toEqual(all);
});

test("allows literals, two numbers, and functions of few arguments", () => {
  expect(found("[...a]; ({ ...b }); Math.max(a, b); list.push(a); make(...pair); new Set([...c]);")).toEqual([]);
});
