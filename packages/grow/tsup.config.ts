import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

// The thread that makes rows carries what it uses of our own packages, so that it also runs where they are not built
// (tests on sources).
export default defineConfig([
  packageBuild({
    entry: {
      index: "src/index.ts",
      "conformance/index": "src/conformance/index.ts",
      "node/index": "src/node/index.ts",
    },
  }),
  packageBuild({
    entry: { "node/row-worker": "src/node/rows/worker.ts" },
    noExternal: [/^@cambium\//],
    esbuildOptions: (options) => {
      options.conditions = ["@cambium/source"];
    },
  }),
]);
