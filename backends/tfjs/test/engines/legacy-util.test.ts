// The functions that Node 23 dropped: available to the files of one folder while they load, and to nobody else.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import util from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLegacyUtil } from "../../src/engines/node-binding-legacy.js";

type Legacy = { isArray?: (value: unknown) => boolean; isNullOrUndefined?: (value: unknown) => boolean };
const dropped = ["isArray", "isNullOrUndefined"] as const;
const before = dropped.map((name) => Object.getOwnPropertyDescriptor(util, name));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cambium-legacy-"));
  // As on Node 23 and later, whichever Node runs this.
  for (const name of dropped) delete (util as Legacy)[name];
});
afterEach(() => {
  dropped.forEach((name, i) => {
    const was = before[i];
    if (was) Object.defineProperty(util, name, was);
  });
  rmSync(folder, { recursive: true });
});

function load(path: string, text: string): unknown {
  writeFileSync(path, text);
  return createRequire(join(folder, "from.js"))(path);
}

test.each(["util", "node:util"])("a file of the folder that requires %s has them, then and later", (name) => {
  const used = withLegacyUtil(folder, () =>
    load(
      join(folder, "a.js"),
      `const u = require("${name}"); module.exports = { early: u.isArray([]), late: (x) => u.isNullOrUndefined(x), u };`,
    ),
  ) as { early: boolean; late: (value: unknown) => boolean; u: typeof util };
  expect(used.early).toBe(true);
  expect([null, undefined, 0, "", false].map(used.late)).toEqual([true, true, false, false, false]);
  expect(used.u.promisify).toBe(util.promisify);
});

test("files elsewhere and node:util itself lack them; afterwards nobody gets them", () => {
  const elsewhere = `${folder}-beside.js`;
  try {
    const text = `module.exports = "isArray" in require("util");`;
    expect(withLegacyUtil(folder, () => load(elsewhere, text))).toBe(false);
    expect(load(join(folder, "later.js"), text)).toBe(false);
    expect("isArray" in util).toBe(false);
  } finally {
    rmSync(elsewhere);
  }
});

test("it is undone when loading fails", () => {
  expect(() => withLegacyUtil(folder, () => load(join(folder, "bad.js"), "throw new Error('no')"))).toThrow("no");
  expect(load(join(folder, "after.js"), `module.exports = "isArray" in require("util");`)).toBe(false);
});
