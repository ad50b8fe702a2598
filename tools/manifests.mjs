// Writes homepage, repository and keywords into every published manifest, from the root's. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./setup.mjs";
import { workspace } from "./tarballs.mjs";

const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const address = repository.url.replace(/^git\+|\.git$/g, "");

/** A manifest's text with its origin; `directory` is its folder from the root. */
export function withOrigin(text, directory) {
  const manifest = JSON.parse(text);
  const { name, version, private: hidden, description, keywords = [], homepage: _, repository: __, ...rest } = manifest;
  const [room, ...words] = directory.split("/");
  const told = ["cambium", ...(room === "packages" ? [words.join("-")] : [`cambium-${room.replace(/s$/, "")}`])];
  const homepage = `${address}/tree/main/${directory}`;
  const origin = { keywords: [...new Set([...told, ...keywords])], homepage, repository: { ...repository, directory } };
  const head = { name, version, ...(hidden !== undefined && { private: hidden }), description };
  return `${JSON.stringify({ ...head, ...origin, ...rest }, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const stale = [...workspace().values()].flatMap(({ folder }) => {
    const path = join(folder, "package.json");
    const text = readFileSync(path, "utf8");
    const full = withOrigin(text, relative(root, folder).replaceAll("\\", "/"));
    if (JSON.stringify(JSON.parse(full)) === JSON.stringify(JSON.parse(text))) return [];
    if (!check) writeFileSync(path, full);
    return [relative(root, path)];
  });
  for (const path of stale) console.log(check ? `without its origin: ${path}` : `wrote ${path}`);
  if (check && stale.length > 0) {
    console.error('run "npm run generate"');
    process.exitCode = 1;
  }
}
