// Tarballs of the packages as they would be published, with their types.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pnpm, root } from "./setup.mjs";

/** Folders of the workspace's packages and what they need of each other, by name. */
export function workspace() {
  const folders = ["packages", "backends", "operators", "engines"].flatMap((room) =>
    readdirSync(join(root, room)).map((name) => join(root, room, name)),
  );
  const manifests = folders
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
    .filter((one) => !one.private);
  return new Map(
    manifests.map(({ name, folder, dependencies }) => [name, { folder, needs: Object.keys(dependencies ?? {}) }]),
  );
}

/** `names` and all packages of the workspace that they need. */
export function closure(names, ours = workspace(), found = new Set()) {
  for (const name of names) {
    if (found.has(name) || !ours.has(name)) continue;
    found.add(name);
    closure(ours.get(name).needs, ours, found);
  }
  return [...found];
}

/** Packs the packages into `folder`. @returns paths of the tarballs, by name */
export async function pack(names, folder) {
  mkdirSync(folder, { recursive: true });
  const ours = workspace();
  const tarballs = new Map();
  for (const name of names) {
    await pnpm(["pack", "--pack-destination", folder], { cwd: ours.get(name).folder });
    tarballs.set(name, tarballOf(name, folder));
  }
  return tarballs;
}

/** The tarball of a package in a folder. */
export function tarballOf(name, folder) {
  const prefix = `${name.replace("@", "").replace("/", "-")}-`;
  const file = readdirSync(folder).find((one) => one.startsWith(prefix) && /^\d/.test(one.slice(prefix.length)));
  return file === undefined ? undefined : join(folder, file);
}
