// Sends odd requests to a served model: npx tsx --conditions=@cambium/source tools/fuzz-serve.ts RUNS [SEED]
// Each must be answered or refused with a reason. Prints the memory now and then, which must not grow without end.
import fc from "fast-check";
import { checkAnswer, fuzzed } from "../packages/serve/test/support/fuzz.js";
import { serveSmall } from "../packages/serve/test/support/server.js";

const [runs = 10_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const megabytes = () => Math.round(process.memoryUsage().rss / 1e6);
await using small = await serveSmall();
console.log(`${runs} requests, seed ${seed}, ${megabytes()} MB at first`);
for (let done = 0; done < runs; done += 1000) {
  const numRuns = Math.min(1000, runs - done);
  await fc.assert(
    fc.asyncProperty(fuzzed, (request) => checkAnswer(small, request)),
    { numRuns, seed: seed + done },
  );
  const counts = new Map<number, number>();
  for (const { status } of small.reports.splice(0)) counts.set(status, (counts.get(status) ?? 0) + 1);
  const statuses = Array.from(counts, ([status, count]) => `${count} × ${status}`);
  console.log(`${done + numRuns}: ${statuses.join(", ")}; ${megabytes()} MB`);
}
