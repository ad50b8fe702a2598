// Everything but the tests: format, lint, types, layers, dead code, generated files, packages. All of it runs; then it
// says what failed.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bundle, install, root } from "./setup.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);

install();
bundle();
const checks = {
  "format and lint": [bin("biome"), "ci", "--error-on-warnings", "."],
  types: [bin("tsc"), "-p", "."],
  layers: [bin("depcruise"), "packages", "backends", "operators", "--config", ".dependency-cruiser.cjs", "--output-type", "err"],
  "dead code": [bin("knip"), "--no-progress"],
  "op index": [process.execPath, "packages/ir/scripts/generate-index.mjs", "--check"],
  house: [process.execPath, "tools/house.mjs"],
};
const failed = [];
for (const [name, [command, ...args]] of Object.entries(checks)) {
  const began = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  console.log(`${status === 0 ? "✓" : "✗"} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}
