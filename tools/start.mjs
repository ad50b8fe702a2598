// `npm start`: installs, builds and runs the quickstart recipe. A second run finds everything done.
// The command runs in this process, so that Ctrl-C, the exit code and the terminal are its own.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

await setUp();
process.chdir(root);
const main = join(root, "packages", "cli", "dist", "main.js");
process.argv = [process.execPath, main, "run", join("recipes", "quickstart.yaml"), ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
