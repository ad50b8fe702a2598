// A folder for everything that a run of the tests writes. It is removed afterwards, even if a test fails before
// cleaning up.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Called by vitest before the workers start, which inherit the environment. @returns a function called after the last
 */
export function setup() {
  const folder = mkdtempSync(join(tmpdir(), "cambium-tests-"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
