// `cambium setup torch` with a Python that only notes how it is called: what is installed, and what failures leave.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SetupHost, SetupOptions } from "@cambium/backend";
import { afterEach, beforeEach, expect, test } from "vitest";
import { environmentFolder } from "../src/python.js";
import { knownSums, pins } from "../src/setup/pins.js";
import { remove, setUp } from "../src/setup/run.js";

/** Copies itself into an environment, gives pip's report, and names versions. FAIL is a word of the call that fails. */
const fake = `#!/bin/sh
echo "$@" >> "$FAKE/calls"
case "$*" in *"$FAIL"*) echo "it said no" >&2; exit 1;; esac
[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
for one in "$@"; do [ "$last" = --report ] && cp "$FAKE/offered" "$one"; last="$one"; done
[ "$1" = -c ] && echo '{"python":"3.11.0","torch":"${pins.torch}","transformers":"${pins.transformers}","safetensors":"1","numpy":"2"}'
exit 0
`;

let root: string;
const before = process.env["XDG_CACHE_HOME"];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cambium-setup-torch-"));
  Object.assign(process.env, { XDG_CACHE_HOME: root, FAKE: root, FAIL: "nothing of it" });
  writeFileSync(join(root, "python"), fake);
  chmodSync(join(root, "python"), 0o755);
  offer("torch-2.whl", "ab");
});
afterEach(() => {
  for (const name of ["XDG_CACHE_HOME", "FAKE", "FAIL"]) delete process.env[name];
  if (before !== undefined) process.env["XDG_CACHE_HOME"] = before;
  rmSync(root, { recursive: true });
});

/** What pip would install. */
function offer(file: string, sha256: string): void {
  const url = `https://index.example/${encodeURIComponent(file)}`;
  const metadata = { name: "torch", version: pins.torch };
  const install = [{ metadata, download_info: { url, archive_info: { hashes: { sha256 } } } }];
  writeFileSync(join(root, "offered"), JSON.stringify({ install }));
}

function host(free = true): SetupHost {
  return {
    report: () => {},
    signal: new AbortController().signal,
    requireSpace: async () => {
      if (!free) throw new Error("the disk is full");
    },
    replaceDirectory: () => Promise.reject(new Error("an environment is made in place")),
  };
}

const make = (options: SetupOptions = {}, free = true) =>
  setUp({ python: join(root, "python"), ...options }, host(free));
const calls = () => readFileSync(join(root, "calls"), "utf8");

test("installs exactly the wheels that pip resolved, once", async () => {
  expect(await make({ "index-url": "https://index.example/cpu" })).toMatchObject({ changed: true });
  const folder = environmentFolder();
  expect(readFileSync(join(folder, "requirements.txt"), "utf8")).toBe(`torch==${pins.torch} --hash=sha256:ab\n`);
  expect(calls()).toMatch(/--dry-run --report .*--extra-index-url https:\/\/index\.example\/cpu torch==[\d.]+ /);
  expect(calls()).toMatch(/--no-deps --require-hashes .*requirements\.txt\n-c import torch/);
  const first = calls().length;
  expect(await make()).toMatchObject({ changed: false, details: { folder, wheels: [{ sha256: "ab" }] } });
  expect(calls().slice(first)).toMatch(/^-c [\s\S]*importlib/);
  expect(calls().slice(first)).not.toContain("-m ");
  expect(await remove()).toMatchObject({ changed: true });
  expect(existsSync(folder)).toBe(false);
  expect(await remove()).toMatchObject({ changed: false });
});

test.each([
  ["no module venv", "-m venv", /python3-venv/],
  ["an index out of reach", "--dry-run", /pip config list/],
  ["a wheel that cannot be installed", "--require-hashes", /pip config list/],
  ["a torch that does not compute", "torch.eye", /another index/],
])("%s is an error that leaves nothing", async (_, fails, hint) => {
  process.env["FAIL"] = fails;
  const details = { got: "it said no", hint: expect.stringMatching(hint) };
  await expect(make()).rejects.toMatchObject({ code: "E_SETUP_PIP", details });
  expect(existsSync(environmentFolder())).toBe(false);
});

test("a wheel with the name of a checked one and other bytes is refused before anything is installed", async () => {
  const [file = "", expected] = Object.entries(knownSums)[0] ?? [];
  offer(file, "00");
  const reasons = [{ where: file, expected, got: "00" }];
  await expect(make()).rejects.toMatchObject({ code: "E_SETUP_WHEEL", details: { reasons } });
  expect(calls()).not.toContain("--require-hashes");
  expect(existsSync(environmentFolder())).toBe(false);
});

test("without a Python, or space for the wheels, nothing is made", async () => {
  await expect(make({ python: join(root, "none") })).rejects.toMatchObject({ code: "E_SETUP_PIP" });
  await expect(make({}, false)).rejects.toThrow("the disk is full");
  expect(existsSync(environmentFolder())).toBe(false);
});
