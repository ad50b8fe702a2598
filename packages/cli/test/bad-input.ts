// Shared by the tests of mistakes: a folder for each test, files in it, and the form of every refusal.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect } from "vitest";
import { cambium } from "./support.js";

const folders: string[] = [];
/** The running test's folder. */
export let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cambium-bad-"));
  folders.push(folder);
});
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

export async function expectMistake(
  args: readonly string[],
  code: string,
  ...mentions: (string | RegExp)[]
): Promise<void> {
  const { code: exit, errors: printed } = await cambium(args);
  const errors = printed.trimEnd();
  expect(errors).toContain(code);
  for (const mention of mentions) expect(errors).toMatch(mention);
  expect(exit).toBe(2);
  expectOneScreen(errors);
}

/** No stack trace, at most 24 lines, at most 120 columns; only a single word (a path) may be wider. */
export function expectOneScreen(errors: string): void {
  expect(errors).toMatch(/^E_[A-Z0-9_]+: \S/m);
  expect(errors).not.toMatch(/^\s+at .*\d+:\d+\)?$/m);
  const lines = errors.split("\n");
  expect(lines.length, errors).toBeLessThanOrEqual(24);
  for (const line of lines) expect(/^\s*(?:\w+: )?\S*$/.test(line) || line.length <= 120, line).toBe(true);
}

export function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export const valid = `name: r
data: { corpus: ./text.txt }
backend: reference
model: { layers: 2, hidden: 16, heads: 2, intermediate: 16, context: 8 }
growth: [{ operator: stack, factor: 2, at: 1k }]
train: { tokens: 10k, batch: 2, lr: 1e-3 }
`;
