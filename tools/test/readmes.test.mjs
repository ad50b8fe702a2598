// Every TypeScript example in a package's README type-checks against the sources.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root, tool } from "../setup.mjs";

const scratch = mkdtempSync(join(tmpdir(), "cambium-readmes-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const packages = ["packages", "backends", "operators", "engines"].flatMap((room) =>
  readdirSync(join(root, room))
    .map((name) => join(root, room, name))
    .filter((folder) => existsSync(join(folder, "package.json"))),
);

function provide(name, folder) {
  const link = join(scratch, "node_modules", name);
  if (existsSync(link) || !existsSync(folder)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(folder, link, "junction");
}

test("the examples type-check", { timeout: 120_000 }, () => {
  let examples = 0;
  for (const folder of packages) {
    const { name, peerDependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    provide(name, folder);
    // Peers, which a user installs beside the package.
    for (const peer of Object.keys(peerDependencies)) provide(peer, join(folder, "node_modules", peer));
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    expect(readme.split("\n")[0]).toBe(`# ${name}`);
    for (const [, code] of readme.matchAll(/^```ts\n(.*?)^```$/gms)) {
      writeFileSync(join(scratch, `example-${++examples}.ts`), `// ${name}\n${code}`);
    }
  }
  expect(examples).toBeGreaterThan(10);
  cpSync(join(root, "tsconfig.base.json"), join(scratch, "tsconfig.base.json"));
  const compilerOptions = { typeRoots: [join(root, "node_modules", "@types")], noUnusedLocals: false };
  writeFileSync(
    join(scratch, "tsconfig.json"),
    JSON.stringify({ extends: "./tsconfig.base.json", compilerOptions, include: ["*.ts"] }),
  );
  const [node, tsc] = tool("typescript", "tsc");
  try {
    execFileSync(node, [tsc, "-p", "."], { cwd: scratch, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(error.stdout);
  }
});
