import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

// A thread carries what it uses of our own packages, so that it also runs where they are not built (tests on sources).
export default defineConfig([
  packageBuild({ entry: ["src/index.ts", "src/nowhere.ts", "src/node/index.ts"], external: ["#node"] }),
  packageBuild({
    entry: { "tokenize-worker": "src/node/tokenize-worker.ts", "pattern-worker": "src/node/pattern-worker.ts" },
    noExternal: [/^@cambium\//],
    external: ["#node"],
    esbuildOptions: (options) => {
      options.conditions = ["@cambium/source"];
    },
  }),
]);
