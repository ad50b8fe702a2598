// Imports of what a package's manifest does not install. With it among the devDependencies alone, the bundler takes a
// copy of it in, or fails where it is not built yet.
import { builtinModules } from "node:module";
import ts from "typescript";

/** @returns {string[]} packages that a source imports, types aside, and `manifest` does not install with its package */
export function undeclaredIn(tree, manifest) {
  const { name, dependencies, peerDependencies, optionalDependencies } = manifest;
  const there = new Set([name, ...builtinModules]);
  for (const list of [dependencies, peerDependencies, optionalDependencies])
    for (const one of Object.keys(list ?? {})) there.add(one);
  return tree.statements
    .filter((one) => ts.isImportDeclaration(one) || ts.isExportDeclaration(one))
    .filter((one) => !(one.importClause?.isTypeOnly ?? one.isTypeOnly))
    .flatMap(({ moduleSpecifier }) => moduleSpecifier?.text ?? [])
    .filter((text) => !/^(\.|node:)/.test(text))
    .map((text) => text.split("/", text.startsWith("@") ? 2 : 1).join("/"))
    .filter((text) => !there.has(text));
}
