// The documents published with @cambium/cli: copied into its folder while it is packed, and removed afterwards.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const beside = join(root, "packages", "cli", "docs");
rmSync(beside, { recursive: true, force: true });
if (process.argv[2] === "docs")
  cpSync(join(root, "docs"), beside, { recursive: true, filter: (path) => !/\/api$/.test(path) });
