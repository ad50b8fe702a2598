// Runs command lines in this process and returns their exit code and output.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { nodeHost } from "../src/host.js";
import { main } from "../src/program.js";

export const golden = new URL("../../model/test/golden/", import.meta.url).pathname;
/** The built operator, as an installed one would be. */
export const stack = new URL("../../../operators/stack/dist/index.js", import.meta.url).pathname;

export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export async function cambium(args: readonly string[], host = nodeHost): Promise<Ended> {
  const output: string[] = [];
  const errors: string[] = [];
  const line =
    (to: string[]) =>
    (...words: unknown[]) =>
      void to.push(`${words.join(" ")}\n`);
  const text = (to: string[]) => (part: unknown) => Boolean(to.push(String(part)));
  const spies = [
    vi.spyOn(console, "log").mockImplementation(line(output)),
    vi.spyOn(console, "error").mockImplementation(line(errors)),
    vi.spyOn(process.stdout, "write").mockImplementation(text(output)),
    vi.spyOn(process.stderr, "write").mockImplementation(text(errors)),
  ];
  try {
    const code = await main(args, host);
    return { code, output: output.join(""), errors: errors.join("") };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Standard output of a command that must succeed. */
export async function output(...args: string[]): Promise<string> {
  const ended = await cambium(args);
  if (ended.code !== 0) throw new Error(`cambium ${args.join(" ")} ended with ${ended.code}:\n${ended.errors}`);
  return ended.output;
}

/** The parsed `--json` output of a command that must succeed. */
export async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await output(...args, "--json")) as Record<string, unknown>;
}

/** Writes text.txt, a text of many documents, and a recipe that trains on it in a second or two. @returns its path */
export function writeProject(folder: string, change: (recipe: string) => string = (recipe) => recipe): string {
  const paragraphs = Array.from({ length: 400 }, (_, i) => `Line ${i} of a text about a whale${"!".repeat(i % 7)}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "text.txt"), paragraphs.join("\n\n"));
  const recipe = `name: small
data: { corpus: ./text.txt, heldOut: 0.3 }
backend: reference
model: { layers: 1, hidden: 8, heads: 2, intermediate: 8, context: 8 }
growth: [{ operator: ${JSON.stringify(stack)}, factor: 2, at: 96 }]
train: { tokens: 320, batch: 2, lr: 1e-2 }
evaluate: { every: 64, tokens: 32 }
samples: { tokens: 4, prompts: [Line] }
`;
  const path = join(folder, "recipe.yaml");
  writeFileSync(path, change(recipe));
  return path;
}
