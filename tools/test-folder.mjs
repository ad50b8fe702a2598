// A folder for everything that a run of the tests writes: removed afterwards, also when a test fails before it tidies up.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Called by vitest before the workers start, which inherit the environment. @returns what is called after the last one */
export function setup() {
  const folder = mkdtempSync(join(tmpdir(), "cambium-tests-"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
