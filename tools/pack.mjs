// `npm run pack -- DIR [PACKAGE …]`: writes tarballs, with types, of the packages named (cli, backend-onnx, …) and of
// all that they need, or of every package. `npm install DIR/*.tgz` installs them into a project without a registry.
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { setUp } from "./setup.mjs";
import { closure, pack, workspace } from "./tarballs.mjs";

const [folder, ...words] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-")) stop("npm run pack -- DIR [PACKAGE …]: DIR is where tarballs go");
// npm starts scripts in the package's folder, but the user's path is relative to their own.
const into = resolve(process.env.INIT_CWD ?? ".", folder);
const ours = workspace();
const names = words.map((word) => (word.startsWith("@") ? word : `@cambium/${word}`));
const unknown = names.filter((name) => !ours.has(name));
if (unknown.length > 0) stop(`There is no package ${unknown.join(", ")}; there are ${[...ours.keys()].join(", ")}`);
// Tarballs of another version would be installed too.
if (existsSync(into) && readdirSync(into).length > 0) stop(`${into} is not empty: give another folder, or empty it`);

await setUp("build");
const packed = await pack(names.length > 0 ? closure(names) : [...ours.keys()], into);
console.log(`${packed.size} packages in ${into}. In a project of your own:
  ONNXRUNTIME_NODE_INSTALL=skip npm install ${into}/*.tgz`);

function stop(message) {
  console.error(message);
  process.exit(2);
}
