// `npm run check` without the tests: format, lint, types, layers, dead code, generated files, house rules. All checks
// run; the failures are listed at the end. `node tools/check.mjs types layers` runs only these two.
import { run } from "./run.mjs";
import { root, setUp, tool } from "./setup.mjs";

await setUp("generate");
const rooms = ["packages", "backends", "operators", "engines"];
const checks = {
  format: [...tool("@biomejs/biome"), "ci", "--error-on-warnings", "."],
  types: [...tool("typescript", "tsc"), "-p", "."],
  layers: [...tool("dependency-cruiser", "depcruise"), ...rooms, "--config", ".dependency-cruiser.cjs"],
  "dead-code": [...tool("knip"), "--no-progress", "--treat-config-hints-as-errors"],
  "op-index": [process.execPath, "tools/indexes.mjs", "--check"],
  "error-table": [process.execPath, "tools/errors.mjs", "--check"],
  manifests: [process.execPath, "tools/manifests.mjs", "--check"],
  presets: [process.execPath, "--conditions=@cambium/source", "--import", "tsx", "tools/presets.mjs", "--check"],
  support: [process.execPath, "tools/support.mjs", "--check"],
  house: [process.execPath, "tools/house.mjs"],
};
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);
const unknown = chosen.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`no check is called ${unknown.join(", ")}; there are: ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}
const failed = [];
for (const name of chosen) {
  const [command, ...args] = checks[name];
  const began = performance.now();
  const passed = (await run(command, args, { cwd: root })) === 0;
  console.log(`${passed ? "✓" : "✗"} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  if (!passed) failed.push(name);
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
