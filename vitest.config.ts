// Tests run on sources (condition `@cambium/source`); only worker entries come from dist.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const condition = "@cambium/source";

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    include: [
      "{packages,backends,operators,engines,tools}/*/test/**/*.test.ts",
      "{tools,benchmarks}/test/**/*.test.{ts,mjs}",
    ],
    // Absolute, because a test runs vitest with this config on another folder.
    globalSetup: fileURLToPath(new URL("tools/test-folder.mjs", import.meta.url)),
    testTimeout: 60_000,
    // vitest leaves one processor free unless told; most tests keep only one busy.
    maxWorkers: "100%",
    pool: "forks",
  },
});
