// Writes packages/train/test/golden/reference-trace.json: fifty training steps of every fixture on the reference evaluator.
// npx tsx --conditions=@cambium/source tools/golden/reference-trace.ts
import { writeFileSync } from "node:fs";
import { referenceBackend } from "../../packages/backend/src/index.js";
import { fixtureNames } from "../../packages/model/test/support/golden.js";
import { traceOf } from "../../packages/train/test/support/reference-trace.js";

const traces: Record<string, unknown> = {};
for (const fixture of fixtureNames) {
  await using device = await referenceBackend.open();
  traces[fixture] = await traceOf(device, fixture);
  console.log(fixture);
}
writeFileSync(
  new URL("../../packages/train/test/golden/reference-trace.json", import.meta.url),
  `${JSON.stringify(traces)}\n`,
);
