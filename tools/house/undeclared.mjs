// Imports of what a package's manifest does not install. With it among the devDependencies alone, the bundler takes a
// copy of it in, or fails where it is not built yet; a type that only they install is `any` to the package's users.
import { builtinModules } from "node:module";
import ts from "typescript";

/** @returns {string[]} packages that a source imports, types too, and `manifest` does not install with its package */
export function undeclaredIn(tree, manifest) {
  const { name, dependencies, peerDependencies, optionalDependencies } = manifest;
  const there = new Set([name, ...builtinModules]);
  for (const list of [dependencies, peerDependencies, optionalDependencies])
    for (const one of Object.keys(list ?? {})) there.add(one);
  return importsOf(tree)
    .filter((text) => !/^(\.|#|node:)/.test(text)) // `#name` is an entry of the package's own manifest.
    .map((text) => text.split("/", text.startsWith("@") ? 2 : 1).join("/"))
    .filter((text) => !there.has(text));
}

/** What a source names in imports: at its top, in calls of `import` and `resolve`, and in types. */
function importsOf(tree) {
  const found = [];
  const visit = (node) => {
    const module = moduleOf(node);
    if (module && ts.isStringLiteralLike(module)) found.push(module.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The expression or literal that names a module, if the node imports one. */
function moduleOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return node.argument.literal;
  if (!ts.isCallExpression(node)) return undefined;
  const calls = ["import", "import.meta.resolve", "require", "require.resolve"];
  return calls.includes(node.expression.getText()) ? node.arguments[0] : undefined;
}
