// Writes ops/index.ts and composites/index.ts from the files beside them, so that a new op is one new file.
// `--check` writes nothing and fails when an index is out of date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const check = process.argv.includes("--check");
const rooms = [
  { folder: "ops", define: "definePrimitive", table: "primitives", type: "PrimitiveName", what: "primitives" },
  { folder: "composites", define: "defineComposite", table: "composites", type: "CompositeName", what: "composites" },
];

let stale = false;
for (const { folder, define, table, type, what } of rooms) {
  const root = new URL(`../src/${folder}/`, import.meta.url);
  const ops = readdirSync(root)
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .sort()
    .flatMap((file) => {
      const source = readFileSync(new URL(file, root), "utf8");
      const names = [...source.matchAll(new RegExp(`^export const (\\w+) = ${define}\\(`, "gm"))].map((m) => m[1]);
      return names.length === 0 ? [] : [{ file, names }];
    });
  const names = ops.flatMap((op) => op.names);
  const text = [
    `// All ${what}, by name. Generated from the files beside it (scripts/generate-index.mjs); do not edit.`,
    ...ops.map(({ file, names }) => `import { ${names.join(", ")} } from "./${file.replace(/\.ts$/, ".js")}";`),
    "",
    `export { ${names.join(", ")} };`,
    "",
    `export const ${table} = { ${names.join(", ")} } as const;`,
    "",
    `export type ${type} = keyof typeof ${table};`,
    "",
  ].join("\n");
  const index = new URL("index.ts", root);
  let held = "";
  try {
    held = readFileSync(index, "utf8");
  } catch {}
  if (held === text) continue;
  if (check) {
    console.error(`${fileURLToPath(index)} is out of date: run "pnpm generate"`);
    stale = true;
  } else {
    writeFileSync(index, text);
  }
}
process.exit(stale ? 1 : 0);
