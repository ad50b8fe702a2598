import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

export default defineConfig(
  packageBuild({
    entry: {
      index: "src/index.ts",
      "conformance/index": "src/conformance/index.ts",
      "node/index": "src/node/index.ts",
    },
  }),
);
