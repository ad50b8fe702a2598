// Prepares a fresh machine: installs dependencies with the pinned pnpm and builds packages with turbo. Imports only
// Node's own modules, because nothing is installed yet. Safe to interrupt at any instant and to run twice at once.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { quiet } from "./run.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const { packageManager, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const lockfile = join(root, "pnpm-lock.yaml");
const marker = join(root, "node_modules", ".cambium.json");
const busy = join(root, ".setup.lock");

/**
 * Installs what the lockfile lists and runs a turbo task over all packages: `bundle` (JavaScript only, enough to run
 * and test), `generate` (sources made from sources) or `build` (bundle and declarations, as published). Finished work
 * is not repeated.
 */
export async function setUp(task = "bundle") {
  requireNode();
  await alone(async () => {
    await install();
    if (task !== "build") return turbo(task);
    await turbo("bundle");
    await turbo("//#declarations");
  });
}

/** Installs again after a package.json has changed, and writes the lockfile. */
export async function relock() {
  await alone(() => pnpmInstall(["--no-frozen-lockfile"]));
}

/** Runs the pinned pnpm, quietly. */
export async function pnpm(args, options) {
  await quiet(`pnpm ${args[0]}`, "pnpm", args, { env: environment(installed().path), patience: 5000, ...options });
}

/** How to start a command-line tool among the root's dependencies, without a shell: `node FILE`. */
export function tool(name, bin = name.replace(/^@.*\//, "")) {
  const folder = join(root, "node_modules", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return [process.execPath, join(folder, typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin])];
}

async function install() {
  if (installed()?.lock !== fingerprint()) await pnpmInstall(["--frozen-lockfile"]);
}

async function pnpmInstall(flags) {
  const path = existsSync(installed()?.path ?? "") ? installed().path : await fetchPnpm();
  const args = ["install", ...flags, "--reporter=append-only", "--config.confirmModulesPurge=false"];
  await quiet("Installing dependencies", "pnpm", args, {
    cwd: root,
    env: environment(path),
    progress: /^Progress: (.*)/,
  });
  writeFileSync(marker, JSON.stringify({ lock: fingerprint(), path }));
}

/** The folder where npx keeps the pinned pnpm; cached, since npx takes two seconds to find it. */
async function fetchPnpm() {
  const args = ["--yes", "--package", packageManager.split("+")[0], "--", "node", "-p", "process.env.PATH"];
  const env = { ...process.env, npm_config_loglevel: "error" };
  const path = await quiet("Fetching pnpm", "npx", args, { cwd: root, env });
  return path
    .trim()
    .split("\n")
    .at(-1)
    .split(delimiter)
    .find((folder) => existsSync(join(folder, "pnpm")));
}

async function turbo(task) {
  const args = [
    ...tool("turbo").slice(1),
    "run",
    task,
    "--output-logs=errors-only",
    "--log-order=grouped",
    "--concurrency=100%",
  ];
  const env = { ...environment(installed().path), TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
  await quiet("Building packages", process.execPath, args, { cwd: root, env, patience: 1500 });
}

/** Identifies what the installed tree was made from: the lockfile, for this platform. */
function fingerprint() {
  const hash = createHash("sha256").update(readFileSync(lockfile));
  return hash.update(`${process.platform}-${process.arch}`).digest("hex");
}

function installed() {
  try {
    return JSON.parse(readFileSync(marker, "utf8"));
  } catch {
    return undefined;
  }
}

/** turbo starts the package manager by name, so the pinned one comes first. */
function environment(path) {
  return { ...process.env, PATH: [path, process.env["PATH"]].filter(Boolean).join(delimiter) };
}

/** Runs `work` while no other process sets up this tree. A lock whose process is gone is ignored. */
async function alone(work) {
  for (let told = false; !taken(); told = true) {
    const holder = holderOf(busy);
    if (holder !== undefined && !alive(holder)) rmSync(busy, { force: true });
    else if (!told)
      console.log(`Waiting for process ${holder ?? "?"} to set up this folder … (none there? delete ${busy})`);
    await sleep(200);
  }
  const release = () => rmSync(busy, { force: true });
  process.once("exit", release);
  await work();
  process.removeListener("exit", release);
  release();
}

function taken() {
  try {
    writeFileSync(busy, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

/** The process that holds the lock; undefined while it is still writing its id. */
function holderOf(path) {
  try {
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Cambium needs Node ${engines.node}; this is ${process.version}.`);
  process.exit(2);
}
