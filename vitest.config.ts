// Tests run on sources (condition `@cambium/source`); only worker entries come from dist.
import { defineConfig } from "vitest/config";

const condition = "@cambium/source";

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    include: ["{packages,backends,operators,tools}/*/test/**/*.test.ts", "{tools,benchmarks}/test/**/*.test.{ts,mjs}"],
    testTimeout: 30_000,
    pool: "forks",
  },
});
