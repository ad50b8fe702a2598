// Grows by every operator on a device and compares each tensor with the host's: copied values to the bit, arithmetic to
// float32 rounding.
//   npx tsx --conditions=@cambium/source tools/plans.mjs BACKEND [OPTIONS as JSON]
// BACKEND is reference, onnx, tfjs or webgpu; the last on a software adapter: npm run software -- swiftshader npx tsx …
import { resolveBackend } from "../packages/backend/src/index.ts";
import { nodeImporter } from "../packages/plugin/src/node/index.ts";
import { growAll, operators } from "./plans/grow-all.mjs";

const [name = "reference", options = "{}"] = process.argv.slice(2);
const backend = await resolveBackend(name, nodeImporter(process.cwd()));
const device = await backend.open(JSON.parse(options));
let failed = 0;
for (const operator of operators) {
  const began = performance.now();
  try {
    const count = await growAll(operator, device);
    console.log(`${operator}: ${count} growths agree (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.error(`${operator}: ${error}`);
  }
}
await device.close();
console.log(failed === 0 ? `all ${operators.length} operators agree on ${name}` : `${failed} operators do not`);
process.exit(failed === 0 ? 0 : 1);
