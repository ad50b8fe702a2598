// For set-ups, in Node: runs other programs (pip, a compiler, Python) and keeps their output.
import { spawn } from "node:child_process";

export interface CommandResult {
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** @returns null if there is no such program. If `signal` is aborted, it ends the program and rejects. */
export function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<CommandResult | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...(signal && { signal }) });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "EACCES") resolve(null);
      else reject(error);
    });
    child.once("close", (status, ended) => resolve({ status, signal: ended, output, errors }));
  });
}

/** The output of a failed program on one line: its first lines that mention an error, else its last line. */
export function complaint({ output, errors, signal }: CommandResult): string {
  const lines = `${output}\n${errors}`
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const telling = lines.filter((line) => /\berror\b/i.test(line)).slice(0, 3);
  const said = telling.length > 0 ? telling.join("; ") : (lines.at(-1) ?? "nothing");
  return signal === null ? said : `ended by ${signal}: ${said}`;
}
