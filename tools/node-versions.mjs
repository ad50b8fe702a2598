// The smoke part of the suite on other versions of Node, each from npm's package `node`:
// `node tools/node-versions.mjs 22 24`. It covers what depends on Node most: native engines, ONNX's worker, plugins.
import { quiet, run } from "./run.mjs";
import { root, setUp, tool } from "./setup.mjs";

const smoke = [
  "backends/tfjs/test/node.test.ts",
  "backends/tfjs/test/conformance.test.ts",
  "backends/tfjs/test/engines",
  "backends/onnx/test/training-trace.test.ts",
  "packages/backend/test/node.test.ts",
  "packages/cli/test/setup.test.ts",
];

await setUp();
const [, vitest] = tool("vitest");
const failed = [];
for (const major of process.argv.slice(2)) {
  const args = ["--yes", "--package", `node@${major}`, "--", "node", "-p", "process.execPath"];
  const node = (await quiet(`Fetching Node ${major}`, "npx", args, { cwd: root })).trim().split("\n").at(-1);
  const version = (await quiet(`Starting Node ${major}`, node, ["--version"], { patience: 5000 })).trim();
  console.log(`Node ${version}`);
  if ((await run(node, [vitest, "run", ...smoke], { cwd: root })) !== 0) failed.push(version);
}
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(", ")}`);
  process.exitCode = 1;
}
