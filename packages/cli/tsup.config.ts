import { defineConfig } from "tsup";
import { packageBuild } from "../../tsup.base.js";

export default defineConfig(packageBuild({ entry: ["src/main.ts", "src/create.ts"], dts: false }));
