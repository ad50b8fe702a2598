// Starts a command and kills it with SIGKILL at a chosen instant; shared by kill-runs, kill-grow and kill-sweep.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mulberry32 } from "./random.mjs";
import { root } from "./setup.mjs";

const cli = join(root, "packages", "cli", "dist", "main.js");

/**
 * Runs `cambium ARGS` until it ends or is killed. `aim`, if given, is an async function that returns when the process
 * should be killed. It gets a signal that is aborted if the process ends first, and the process id.
 * @returns exit code, whether it was killed, standard error, and how long it ran in milliseconds
 */
export async function cambium(args, aim) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const began = performance.now();
  const ended = new AbortController();
  const closed = new Promise((done) => child.on("close", (code, signal) => done({ code, signal })));
  const killed = aim?.(ended.signal, child.pid).then(
    () => child.kill("SIGKILL"),
    () => {}, // The process ended before the aim's moment came.
  );
  const { code, signal } = await closed;
  ended.abort();
  await killed;
  return { code, killed: signal === "SIGKILL", errors, milliseconds: performance.now() - began };
}

/** Throws unless the command succeeded or was killed. */
export function checkEnd({ code, killed, errors }, what) {
  if (!killed && code !== 0) throw new Error(`${what} failed:\n${errors}`);
}

/** Returns as soon as `hit()` is true, polling every `pause` milliseconds. */
export async function watch(signal, hit, pause = 0) {
  while (!hit()) await sleep(pause, undefined, { signal });
}

/** Writes text.txt, the corpus of the small recipes: 40 paragraphs of random words, always the same. */
export function writeText(folder) {
  const words = ["the", "whale", "sea", "ship", "white", "captain", "and", "of", "a", "storm"];
  const draw = mulberry32(7);
  const paragraph = () => Array.from({ length: 60 }, () => words[Math.floor(draw() * words.length)]).join(" ");
  writeFileSync(join(folder, "text.txt"), Array.from({ length: 40 }, paragraph).join("\n\n"));
}

/** SHA-256 of a file, in hexadecimal. */
export function hashOf(...path) {
  return createHash("sha256")
    .update(readFileSync(join(...path)))
    .digest("hex");
}

/** Counts of what the kills hit, in words: `3 in a snapshot, 2 at growth`. */
export function formatHits(hits) {
  return Object.entries(hits)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}

/** Runs `main` with a scratch folder; what it returns is the exit code. */
export async function inScratch(main) {
  const folder = mkdtempSync(join(tmpdir(), "cambium-kill-"));
  try {
    process.exitCode = await main(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
