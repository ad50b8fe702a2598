// `pnpm bench NAME …`: runs benchmarks/src/NAME.ts, which takes the further arguments. Without a name it lists them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";
import { root, setUp } from "./setup.mjs";

const folder = join(root, "benchmarks", "src");
const [name, ...args] = process.argv.slice(2);
// What is a benchmark says so in its first line; the rest are parts of one.
const benchmarks = readdirSync(folder)
  .map((file) => [file.replace(/\.ts$/, ""), readFileSync(join(folder, file), "utf8").split("\n")[0]])
  .filter(([one, line]) => line.startsWith(`// pnpm bench ${one}`));

if (!benchmarks.some(([one]) => one === name)) {
  if (name && existsSync(join(folder, `${name}.ts`)))
    console.error(`${name}.ts is part of a benchmark, not one itself.`);
  for (const [, line] of benchmarks) console.error(line.replace("// ", "").split(". ")[0]);
  process.exit(2);
}
await setUp();
const command = ["--expose-gc", "--import", "tsx", join(folder, `${name}.ts`), ...args];
process.exitCode = await run(process.execPath, command, { cwd: root });
