// `pnpm study partial`: installs, builds and runs a recipe that compares operators; further arguments go to `cambium run`.
// The command runs in this very process, so that Ctrl-C, the exit code and the terminal are its own.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

const studies = { partial: "partial-stacking.yaml" };
const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(studies, name ?? "")) {
  console.error(`usage: pnpm study ${Object.keys(studies).join("|")} [option of cambium run]…`);
  process.exit(2);
}
await setUp();
process.chdir(root);
const main = join(root, "packages", "cli", "dist", "main.js");
process.argv = [process.execPath, main, "run", join("recipes", studies[name]), ...rest];
await import(pathToFileURL(main).href);
