// The identity of a growth: its request, and the content that it is made from.
import { createHash } from "node:crypto";
import type { BesideFile, ModelDirectory } from "@cambium/checkpoint";
import type { Prepared } from "./prepare.js";
import { contentOf, sampleOf } from "./sources.js";

/** A file of weights of the source. */
export interface SourceFile {
  readonly name: string;
  readonly bytes: number;
  /** Hash of the tensors that it lists. */
  readonly header: string;
  /** Hash of samples of its bytes. */
  readonly sample: string;
}

export interface Identity {
  /** Hash of everything that decides the result's bytes; weights count by samples. */
  readonly growth: string;
  /** Hash of the request, whatever the source. */
  readonly request: string;
  readonly sourceFiles: readonly SourceFile[];
  /** Hashes of the files beside the weights, by real path. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Part of every identity: raise it when the same growth would make other bytes. */
const GROWTH = 6;

export async function identityOf(
  source: ModelDirectory,
  prepared: Prepared,
  companions: readonly BesideFile[],
): Promise<Identity> {
  const sourceFiles: SourceFile[] = [];
  for (const shard of source.shards) {
    sourceFiles.push({
      name: shard.path.split(/[/\\]/).at(-1) as string,
      bytes: shard.size,
      header: sha256([...shard.tensors.values()]),
      sample: await sampleOf(shard),
    });
  }
  const contents = new Map<string, string>();
  for (const { from } of companions) contents.set(from, await contentOf(from));
  const beside = companions.map(({ name, from }) => [name, contents.get(from)]);
  const request = sha256([GROWTH, prepared.request]);
  return { request, sourceFiles, contents, growth: sha256([GROWTH, prepared.made, sourceFiles, beside]) };
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
