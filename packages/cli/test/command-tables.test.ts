// The tables of commands in README.md and in the package's README have every command, and no other.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { entries } from "../src/command-table.js";

test.each([
  { path: "../../../README.md", row: /^\| `cambium (\w+)/gm },
  { path: "../README.md", row: /^\| `(\w+)` +\|/gm },
])("$path lists the commands", ({ path, row }) => {
  const text = readFileSync(new URL(path, import.meta.url), "utf8");
  const listed = new Set([...text.matchAll(row)].map(([, name]) => name));
  expect([...listed].sort()).toEqual(Object.keys(entries).sort());
});
