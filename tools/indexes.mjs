// Writes the indexes of folders with one op, schedule or evaluation task per file, so that a new one is one new file:
// node tools/indexes.mjs [--check] [ROOT]. `--check` writes nothing and fails if an index is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** A table of `names`, by name. */
const table = (name, type) => (names) => [
  `export const ${name} = { ${names.join(", ")} } as const;`,
  "",
  `export type ${type} = keyof typeof ${name};`,
];
const named = (lines) => (names) => [`export { ${names.join(", ")} };`, "", ...lines(names)];

/** @type {readonly { folder: string, what: string, define: string, text: (names: string[]) => string[] }[]} */
const folders = [
  {
    folder: "packages/ir/src/ops",
    what: "All primitives, by name",
    define: "definePrimitive",
    text: named(table("primitives", "PrimitiveName")),
  },
  {
    folder: "packages/ir/src/composites",
    what: "All composites, by name",
    define: "defineComposite",
    text: named(table("composites", "CompositeName")),
  },
  {
    folder: "packages/train/src/schedules",
    what: "Every learning-rate schedule, by name: recipes, `cambium train` and the documentation read this table",
    define: "defineSchedule",
    text: table("schedules", "ScheduleName"),
  },
  {
    folder: "packages/eval/src/tasks",
    what: "The tasks that come with Cambium",
    define: "\\w+", // Some are made by a function of their own kind, such as `multipleChoice`.
    text: (names) => [
      "/** In the order of their files. */",
      `export const builtInTasks: readonly import("../task.js").EvalTask[] = [${names.join(", ")}];`,
    ],
  },
];

const [top = root] = process.argv.slice(2).filter((arg) => arg !== "--check");
const check = process.argv.includes("--check");
let stale = false;
for (const { folder, what, define, text } of folders.filter((one) => existsSync(join(top, one.folder)))) {
  const pattern = new RegExp(`^export const (\\w+) = ${define}\\(`, "gm");
  const files = readdirSync(join(top, folder))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .sort()
    .map((file) => ({
      file,
      names: [...readFileSync(join(top, folder, file), "utf8").matchAll(pattern)].map(([, name]) => name),
    }))
    .filter(({ names }) => names.length > 0);
  const lines = text(files.flatMap(({ names }) => names));
  const written = [
    `// ${what}. Generated from the files beside it (tools/indexes.mjs); do not edit.`,
    ...files.map(({ file, names }) => `import { ${names.join(", ")} } from "./${file.replace(/\.ts$/, ".js")}";`),
    "",
    ...lines,
    "",
  ].join("\n");
  const index = join(top, folder, "index.ts");
  let held = "";
  try {
    held = readFileSync(index, "utf8");
  } catch {}
  if (held === written) continue;
  if (check) {
    console.error(`${folder}/index.ts is out of date: npm run generate`);
    stale = true;
  } else {
    writeFileSync(index, written);
  }
}
process.exit(stale ? 1 : 0);
