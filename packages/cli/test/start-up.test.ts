// What a command loads before it does anything. Loading a module takes about 0.4 ms, however small it is, and growing
// a small checkpoint takes little else. Modules are counted, because a time would depend on the machine. A bound leaves
// room for a few new modules, not for a library: that is imported where it is needed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { golden, stack } from "./support.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "cambium-start-up-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Paths of the modules that a command loads, as V8 lists them when it reports coverage. */
function modulesOf(...args: string[]): string[] {
  const coverage = mkdtempSync(join(folder, "coverage-"));
  const env = { ...process.env, NODE_V8_COVERAGE: coverage };
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const reports = readdirSync(coverage).map((file) => JSON.parse(readFileSync(join(coverage, file), "utf8")));
  const urls = reports.flatMap(({ result }) => result.map(({ url }: { url: string }) => url) as string[]);
  return urls.filter((url) => url.startsWith("file:"));
}

test.each([
  // commander has 8, and the list of commands is one.
  ["--version", 20],
  ["--help", 20],
  // zod has 95, half of them translations, which it always loads.
  ["grow --help", 165],
  [`grow ${join(golden, "gqa-tied")} ${join(folder, "grown")} --operator ${stack} --factor 2`, 165],
])("%s loads few modules", (line, most) => {
  const modules = modulesOf(...line.split(" "));
  expect(modules.length, modules.join("\n")).toBeLessThanOrEqual(most);
  // Some commands, or some of their options, need these.
  expect(modules.filter((path) => /\/(yaml|cli-table3|hyparquet|ml-matrix)\//.test(path))).toEqual([]);
});
