// Child processes for the tools, with their output shown, or kept until something fails. Signals are passed on.
import { spawn } from "node:child_process";

/** Runs a command on this terminal. Resolves to its exit code (128 + n for signal n); a failure does not reject. */
export async function run(command, args, options = {}) {
  return ended(start(command, args, { stdio: "inherit", ...options }));
}

/**
 * Runs a command without showing its output, and resolves to its standard output. If it fails, all its output is shown
 * and this process ends with its exit code. The title is shown once the command has taken `patience` milliseconds; on a
 * terminal it is followed by what `progress` captures of the last matching line.
 */
export async function quiet(title, command, args, { patience = 0, progress, ...options } = {}) {
  const child = start(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  const line = new StatusLine(title, patience);
  let all = "";
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
    all += text;
    const now =
      progress &&
      text
        .split("\n")
        .map((one) => progress.exec(one)?.[1])
        .filter(Boolean)
        .at(-1);
    if (now) line.show(now);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    all += text;
  });
  const status = await ended(child);
  line.end();
  if (status === 0) return output;
  if (status < 128) process.stderr.write(all);
  process.exit(status);
}

/** `title …`, rewritten in place on a terminal, written once elsewhere. */
class StatusLine {
  #title;
  #shown = false;
  #timer;

  constructor(title, patience) {
    this.#title = title;
    this.#timer = setTimeout(() => this.show(""), patience);
  }

  show(detail) {
    const text = `${this.#title} … ${detail}`.trimEnd();
    if (process.stdout.isTTY) process.stdout.write(`\r${text.slice(0, (process.stdout.columns || 80) - 1)}\x1b[K`);
    else if (!this.#shown) console.log(text);
    this.#shown = true;
  }

  end() {
    clearTimeout(this.#timer);
    if (this.#shown && process.stdout.isTTY) process.stdout.write("\n");
  }
}

function start(command, args, options) {
  // On Windows npx and pnpm are scripts, which only a shell can start.
  const shell = process.platform === "win32" && command !== process.execPath;
  return spawn(command, args, { shell, ...options });
}

/** Waits for the child. Signals are passed on to it, and this process ends after it. */
function ended(child) {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const forward = (signal) => {
    // A terminal sends Ctrl-C to the whole group, so the child has it already.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      for (const one of signals) process.removeListener(one, forward);
      resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
    });
  });
}
