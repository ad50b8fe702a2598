// Runs the conformance suite on one device of a backend and prints the results as JSON: the child process of
// tools/support.mjs. Arguments: the backend, its options as JSON, and the software adapter of WebGPU to use, if any.

import { conformanceCases, runCase } from "../../packages/backend/src/conformance/cases.js";
import { resolveBackend } from "../../packages/backend/src/index.js";
import { nodeImporter } from "../../packages/plugin/src/node/index.js";
import { useLavapipe, useSwiftShader } from "../browser/src/index.js";

const [name = "reference", options = "{}", adapter] = process.argv.slice(2);
if (adapter === "swiftshader") await useSwiftShader();
if (adapter === "lavapipe") {
  const missing = await useLavapipe();
  if (missing !== undefined) throw new Error(missing);
}
const backend = await resolveBackend(name, nodeImporter(process.cwd()));
const open = () => backend.open(JSON.parse(options));
const device = await open();
const { accepts, computes, composites, version, device: text } = device.info;
const cases = conformanceCases();
const results = [];
for (const [i, one] of cases.entries()) {
  const { part, op, dtypes } = one;
  const error = await runCase(one, device, open).then(
    () => null,
    (reason: unknown) => String(reason),
  );
  results.push({ part, op, dtypes, name: one.name, error });
  process.stderr.write(`${i + 1}/${cases.length}\n`);
}
await device.close();
console.log(JSON.stringify({ version, device: text, accepts, computes, composites, results }));
process.exit(0);
