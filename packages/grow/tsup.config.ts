import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

// The worker threads carry what they use of our own packages, so that they also run where these are not built (tests on
// sources).
export default defineConfig([
  packageBuild({
    entry: {
      index: "src/index.ts",
      "conformance/index": "src/conformance/index.ts",
      "node/index": "src/node/index.ts",
      "mergekit/index": "src/mergekit/index.ts",
    },
  }),
  packageBuild({
    entry: { "node/row-worker": "src/node/rows/worker.ts", "node/hash-worker": "src/node/hashing/worker.ts" },
    noExternal: [/^@cambium\//],
    esbuildOptions: (options) => {
      options.conditions = ["@cambium/source"];
    },
  }),
]);
