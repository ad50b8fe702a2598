// `npm run study -- NAME`: installs, builds and runs a study of tools/studies. Each file there is one: it exports
// `main(args)`, which gets the arguments after the name. Shared parts are in tools/studies/parts.
// It runs in this process, so that Ctrl-C, the exit code and the terminal are its own.
import { readdirSync } from "node:fs";
import { join, parse } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

const folder = join(root, "tools", "studies");
const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
const names = files.map(({ name }) => parse(name).name);
const [wanted, ...args] = process.argv.slice(2);
const file = files[names.indexOf(wanted)];
if (file === undefined) {
  console.error(`usage: npm run study -- ${names.join("|")} [option]…; npm run study -- NAME --help lists the options`);
  process.exit(2);
}
await setUp();
process.chdir(root);
// Studies are TypeScript, which can be loaded once the dependencies are installed.
const { register } = await import("tsx/esm/api");
register();
const { main } = await import(pathToFileURL(join(folder, file.name)).href);
await main(args);
