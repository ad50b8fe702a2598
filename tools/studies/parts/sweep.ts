// Runs of a study: each sweep is `cambium sweep` of a recipe that the study writes. The same command continues after
// any kill.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../run.mjs";

/** A row of a sweep's table; fields that were swept over are columns of their own. */
export interface Row {
  readonly cell: string;
  readonly arm: string;
  readonly state: "done" | "failed";
  readonly seed: string;
  readonly parameters: number;
  readonly nonEmbeddingParameters: number;
  readonly tokens: number;
  readonly baseTokens: number | null;
  readonly share: number | null;
  readonly connectionRate: number | null;
  readonly flops: number;
  /** Final held-out loss, nats per token. */
  readonly loss: number;
  readonly speedup: number | null;
  readonly [field: string]: string | number | null;
}

/**
 * The rows of all finished arms. Ends this process if the sweep was stopped, or nothing of it was done.
 * @param folder of the study
 * @param name of the sweep, and of its recipe's file
 * @param flags of `cambium sweep`
 */
export async function sweep(folder: string, name: string, recipe: object, flags: readonly string[]): Promise<Row[]> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, `${JSON.stringify({ name, ...recipe }, null, 2)}\n`); // JSON is YAML, too.
  const out = join(folder, name);
  console.log(`Sweep ${name}`);
  const program = join("packages", "cli", "dist", "main.js");
  const code = await run(process.execPath, [program, "sweep", path, "--out", out, ...flags], {
    stdio: ["inherit", "ignore", "inherit"],
  });
  if (code !== 0 && code !== 2) process.exit(code);
  const table = join(out, "table.jsonl");
  // Without a table the sweep did not begin, and has said why.
  if (!existsSync(table)) process.exit(code);
  const lines = readFileSync(table, "utf8").trimEnd().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as Row);
  const failed = rows.filter(({ state }) => state === "failed");
  for (const { cell, error } of failed) console.error(`${name}, ${cell} failed: ${error}`);
  if (failed.length === rows.length) process.exit(code);
  return rows.filter(({ state }) => state === "done");
}
