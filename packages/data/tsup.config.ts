import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

// The thread carries what it uses of our own packages, so that it also runs where they are not built (tests on sources).
export default defineConfig([
  packageBuild({ entry: ["src/index.ts", "src/node/index.ts"] }),
  packageBuild({
    entry: { "tokenize-worker": "src/node/tokenize-worker.ts" },
    noExternal: [/^@cambium\//],
    esbuildOptions: (options) => {
      options.conditions = ["@cambium/source"];
    },
  }),
]);
