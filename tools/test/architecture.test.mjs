// The picture in docs/architecture.md shows the imports that the sources have, and the table names every package.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { arrows, roomImports } from "../house/rooms.mjs";
import { root } from "../setup.mjs";

const text = readFileSync(join(root, "docs", "architecture.md"), "utf8");
const graph = roomImports();

test("the arrows of the picture are the imports", () => {
  const drawn = [...text.matchAll(/^ {2}(\S+) --> (\S+)$/gm)].map(([, from, to]) => `${from} --> ${to}`);
  expect(drawn.sort()).toEqual(arrows(graph).map(([from, to]) => `${from} --> ${to}`));
});

test("every package is in the table, below all that it imports", () => {
  const [table] = /^\| package[\s\S]*?\n\n/m.exec(text);
  const order = [...table.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  const packages = readdirSync(join(root, "packages")).filter((name) => graph.has(name));
  expect([...order].sort()).toEqual(packages.sort());
  for (const [from, all] of graph) {
    for (const to of all) expect([from, to, order.indexOf(to) < order.indexOf(from)]).toEqual([from, to, true]);
  }
});
