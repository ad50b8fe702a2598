// `npm test`: installs, builds, runs every test; the last line is `N passed, N failed` (`, N skipped`).
// Further arguments go to vitest: `npm test -- packages/ir -t matmul`. Under CI=true a skipped test fails the run.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";
import { root, setUp, tool } from "./setup.mjs";

await setUp();
const folder = mkdtempSync(join(tmpdir(), "cambium-test-"));
const output = join(folder, "results.json");
const [node, vitest] = tool("vitest");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
const status = await run(node, [vitest, "run", ...reporters, ...process.argv.slice(2)], { cwd: root });
const files = read(output);
rmSync(folder, { recursive: true, force: true });
if (status >= 128) process.exit(status); // Interrupted: there is no result to count.

const tests = files.flatMap((file) => file.assertionResults);
const count = (...kinds) => tests.filter((test) => kinds.includes(test.status)).length;
const passed = count("passed");
// A file that does not load has no tests, and an error outside any test belongs to none: each counts as one failure.
const broken = files.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
const failed = Math.max(count("failed") + broken, status === 0 ? 0 : 1);
const skipped = tests.filter((test) => ["skipped", "pending", "todo", "disabled"].includes(test.status));
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
const forbidden = process.env["CI"] === "true" && skipped.length > 0;
if (forbidden) console.log("Tests may not be skipped under CI=true.");
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 || forbidden ? Math.max(status, 1) : 0;

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    return [];
  }
}
