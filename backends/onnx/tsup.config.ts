import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

// The worker carries what it uses of our own packages, so that it also runs where they are not built (tests on sources).
export default defineConfig([
  packageBuild(),
  packageBuild({
    entry: { worker: "src/worker.ts" },
    noExternal: [/^@cambium\//],
    esbuildOptions: (options) => {
      options.conditions = ["@cambium/source"];
    },
  }),
]);
