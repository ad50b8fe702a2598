// The house rules about calls, imports and operators find what they are meant to, and nothing else.
import ts from "typescript";
import { expect, test } from "vitest";
import { operatorLengths } from "../house/operators.mjs";
import { spreadsOf } from "../house/spreads.mjs";
import { undeclaredIn } from "../house/undeclared.mjs";

const parsed = (text) => ts.createSourceFile("a.ts", text, ts.ScriptTarget.ESNext, true);
const found = (text) => spreadsOf(parsed(text)).map((one) => one.call);

test("finds the calls that a long list breaks, wherever the list is", () => {
  const text =
    "Math.max(0, ...a); list.push(...b); x.y.unshift(...c); String.fromCharCode(...d); s.splice(0, 1, ...e);";
  const all = ["Math.max", "list.push", "x.y.unshift", "String.fromCharCode", "s.splice"];
  expect(found(text)).toEqual(all);
});

test("allows literals, two numbers, and functions of few arguments", () => {
  expect(found("[...a]; ({ ...b }); Math.max(a, b); list.push(a); make(...pair); new Set([...c]);")).toEqual([]);
});

test("finds an import that only the package's own development installs", () => {
  const manifest = { name: "@a/own", dependencies: { zod: "4", "@a/b": "1" }, devDependencies: { "@a/dev": "1" } };
  const undeclared = (text) => undeclaredIn(parsed(text), manifest);
  expect(undeclared('import { a } from "@a/dev"; export { b } from "other/deep"; import "@a/dev/side";')).toEqual([
    "@a/dev",
    "other",
    "@a/dev",
  ]);
  const fine = 'import fs from "node:fs"; import * as z from "zod"; import { c } from "@a/b/node"; import "./own.js";';
  expect(undeclared(`${fine} import type { T } from "@a/b"; export * from "@a/own"; export { c };`)).toEqual([]);
  const late =
    'await import("@a/late/node"); require.resolve("@a/found"); let t: import("@a/typed").T; await import(name);';
  expect(undeclared(`import type { T } from "@a/dev"; ${late}`)).toEqual(["@a/dev", "@a/late", "@a/found", "@a/typed"]);
  expect(undeclared('await import("#node"); await import("zod"); test("@a/dev"); import("./own.js");')).toEqual([]);
});

test("counts an operator's sources and tests, blank lines aside", () => {
  const files = [
    { path: "operators/a/src/index.ts", text: "one\n\ntwo\n" },
    { path: "operators/a/test/a.test.ts", text: "three\n" },
    { path: "operators/a/tsup.config.ts", text: "not counted\n" },
    { path: "operators/b/src/index.ts", text: "one\n  \n" },
    { path: "packages/growth/src/index.ts", text: "not an operator\n" },
  ];
  expect([...operatorLengths(files)]).toEqual([
    ["operators/a", 3],
    ["operators/b", 1],
  ]);
});
