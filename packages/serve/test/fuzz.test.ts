// A few hundred odd requests; tools/fuzz-serve.ts sends any number.
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkAnswer, fuzzed } from "./support/fuzz.js";
import { serveSmall } from "./support/server.js";

test("odd requests are answered or refused, and the server keeps running", async () => {
  await using small = await serveSmall();
  await fc.assert(
    fc.asyncProperty(fuzzed, (request) => checkAnswer(small, request)),
    { numRuns: 150 },
  );
  expect((await small.ask({ prompt: "a", max_tokens: 1 })).choices).toHaveLength(1);
}, 60_000);
