// `pnpm study NAME`: installs, builds and runs a study of tools/studies. Each file there is one: it exports
// `main(args)`, which gets what stands behind the name. What several studies share lies in tools/studies/parts.
// It runs in this very process, so that Ctrl-C, the exit code and the terminal are its own.
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
  console.error(`usage: pnpm study ${names.join("|")} [option]…; pnpm study NAME --help says which`);
  process.exit(2);
}
await setUp();
process.chdir(root);
// Studies are TypeScript, which is there once the dependencies are.
const { register } = await import("tsx/esm/api");
register();
const { main } = await import(pathToFileURL(join(folder, file.name)).href);
await main(args);
