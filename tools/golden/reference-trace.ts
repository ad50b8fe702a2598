// Writes packages/train/test/golden/reference-trace.json: fifty training steps of every fixture on the reference evaluator.
// And reference-trace-mixed.json, two of them in mixed precision.
// npx tsx --conditions=@cambium/source tools/golden/reference-trace.ts
import { writeFileSync } from "node:fs";
import { referenceBackend } from "../../packages/backend/src/index.js";
import { fixtureNames } from "../../packages/model/test/support/golden.js";
import type { Precision } from "../../packages/train/src/index.js";
import { mixedFixtures, traceOf } from "../../packages/train/test/support/reference-trace.js";

async function write(file: string, fixtures: readonly string[], precision: Precision): Promise<void> {
  const traces: Record<string, unknown> = {};
  for (const fixture of fixtures) {
    await using device = await referenceBackend.open();
    traces[fixture] = await traceOf(device, fixture, precision);
    console.log(precision, fixture);
  }
  const path = new URL(`../../packages/train/test/golden/${file}`, import.meta.url);
  writeFileSync(path, `${JSON.stringify(traces)}\n`);
}

await write("reference-trace.json", fixtureNames, "f32");
await write("reference-trace-mixed.json", mixedFixtures, "mixed");
