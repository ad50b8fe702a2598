// The repository's source files, parsed: paths from the root, text, syntax tree.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../setup.mjs";

const rooms = ["packages", "backends", "operators", "engines"];

/** @returns {{ path: string, text: string, tree: ts.SourceFile }[]} every TypeScript source that is written by hand */
export function sources() {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => walk(`${room}/${name}/src`)),
  );
}

/** @returns {{ path: string, text: string }[]} everything else that is written in TypeScript or JavaScript */
export function otherFiles() {
  const tracked = execFileSync("git", ["ls-files", "*.ts", "*.mjs"], { cwd: root, encoding: "utf8" }).split("\n");
  return tracked
    .filter((path) => path !== "" && !/\/src\/|_pb\.ts$|\/generated\//.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function walk(folder) {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch {
    return []; // A package without sources, or a leftover folder.
  }
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "generated" ? [] : walk(path);
    if (!entry.name.endsWith(".ts") || entry.name.endsWith("_pb.ts")) return [];
    const text = readFileSync(join(root, path), "utf8");
    return [{ path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true) }];
  });
}
