// The scripts of this folder say what they take, and name a mistake in one line.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../setup.mjs";

const folder = join(root, "tools");
const scripts = readdirSync(folder).filter(
  (name) => name.endsWith(".mjs") && name !== "options.mjs" && takesOptions(name),
);

function takesOptions(name) {
  const parts = [name, join(name.slice(0, -4), "support.mjs")];
  return parts.some((part) => {
    try {
      return readFileSync(join(folder, part), "utf8").includes("readOptions(");
    } catch {
      return false;
    }
  });
}

const run = (name, ...args) => spawnSync(process.execPath, [join(folder, name), ...args], { encoding: "utf8" });

describe.each(scripts)("tools/%s", (name) => {
  it("lists its options", () => {
    const { status, stdout } = run(name, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain(`node tools/${name}`);
  });

  it("names a mistake without a stack", () => {
    const { status, stderr } = run(name, "--sed", "1");
    expect(status).toBe(2);
    expect(stderr).toContain("--sed");
    expect(stderr).not.toContain("    at ");
  });
});

it("refuses a text where a number is expected", () => {
  const { status, stderr } = run("fuzz.mjs", "--seed", "one");
  expect(status).toBe(2);
  expect(stderr).toContain('--seed takes a number, not "one".');
});
