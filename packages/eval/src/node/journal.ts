// Scores of one task as they come, a line for each sequence, so that an interrupted evaluation can continue.
// The first line has the identity they belong to. What survives a kill: every whole line; a torn last line is dropped.
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { readTextFileIfThere, withFileErrors, writeFileAtomic } from "@cambium/files";
import type { Score } from "@cambium/inference";
import { z } from "zod";

/** A score takes some 20 bytes a token. */
const largestBytes = 500_000_000;

const header = z.strictObject({ identity: z.string() });
const record = z.strictObject({ sequence: z.int().min(0), logLikelihoods: z.array(z.number()), greedy: z.boolean() });

export class ScoreJournal {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    /** Scores found, by the index of the sequence. */
    readonly known: ReadonlyMap<number, Score>,
  ) {}

  /** Scores of another identity are discarded. @throws CambiumError file errors */
  static async open(path: string, identity: string): Promise<ScoreJournal> {
    return withFileErrors(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      const [first, ...rest] = ((await readTextFileIfThere(path, largestBytes)) ?? "").split("\n");
      const same = header.safeParse(json(first ?? "")).data?.identity === identity;
      const known = new Map<number, Score>();
      for (const line of same ? rest : []) {
        const { data } = record.safeParse(json(line));
        if (data) known.set(data.sequence, restored(data));
      }
      await writeFileAtomic(path, `${JSON.stringify({ identity })}\n${linesOf(known)}`);
      return new ScoreJournal(path, await open(path, "a"), known);
    });
  }

  /** @throws CambiumError file errors */
  async add(scores: ReadonlyMap<number, Score>): Promise<void> {
    await withFileErrors(this.path, () => this.file.write(linesOf(scores)));
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function linesOf(scores: ReadonlyMap<number, Score>): string {
  return Array.from(scores, ([sequence, { logLikelihoods, greedy }]) => {
    return `${JSON.stringify({ sequence, logLikelihoods, greedy })}\n`;
  }).join("");
}

function restored({ logLikelihoods, greedy }: z.infer<typeof record>): Score {
  const logLikelihood = logLikelihoods.reduce((sum, one) => sum + one, 0);
  return { logLikelihoods, logLikelihood, greedy, likeliest: [] };
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
