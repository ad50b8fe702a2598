// SHA-256 of every tensor of a grown model, taken while its bytes pass by on their way to the disk.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ModelDirectory } from "../model-directory/open.js";
import { SafetensorsFile } from "../safetensors/file.js";
import type { Prepared } from "./prepare.js";
import type { TargetTensor } from "./table.js";

/** In hex, by tensor name. */
export interface TensorHashes {
  /** Of what is copied. */
  readonly source: Readonly<Record<string, string>>;
  readonly result: Readonly<Record<string, string>>;
}

/** In hex: of what is copied by the source's tensor, of what is computed by its own name. */
export interface KnownHashes {
  readonly copied: Readonly<Record<string, string>>;
  readonly computed: Readonly<Record<string, string>>;
}

export class PassingHashes {
  readonly #shards: Prepared["shards"];
  readonly #watched: ReadonlySet<TargetTensor>;
  readonly #known: { readonly copied: Record<string, string>; readonly computed: Record<string, string> };

  /** @param known what an earlier sitting has hashed */
  constructor(shards: Prepared["shards"], known?: KnownHashes) {
    this.#shards = shards;
    this.#known = { copied: { ...known?.copied }, computed: { ...known?.computed } };
    const tensors = shards.flatMap(({ layout }) => layout.tensors.map(({ source }) => source));
    const copies = new Map<string, TargetTensor[]>();
    for (const tensor of tensors) {
      if (tensor.copyOf === undefined) continue;
      const list = copies.get(tensor.copyOf) ?? [];
      copies.set(tensor.copyOf, list);
      list.push(tensor);
    }
    // Each source tensor once, however often it is copied. Which of its copies goes round, so that the work spreads over
    // the whole growth and hides behind the disk.
    const chosen = [...copies.values()].map((list, i) => list[i % list.length] as TargetTensor);
    this.#watched = new Set([...chosen, ...tensors.filter(({ copyOf }) => copyOf === undefined)]);
  }

  /** Those that are whole by now. */
  get known(): KnownHashes {
    return this.#known;
  }

  /** What is to see the `byteLength` bytes of `tensor`, from the first on and in order; undefined where nothing is. */
  watch(tensor: TargetTensor, byteLength: number): ((bytes: Uint8Array) => void) | undefined {
    if (!this.#watched.has(tensor)) return undefined;
    const hash = createHash("sha256");
    let left = byteLength;
    return (bytes) => {
      hash.update(bytes);
      left -= bytes.length;
      if (left === 0) this.#keep(tensor, hash.digest("hex"));
    };
  }

  /** All of them. What did not pass by whole in one sitting is read again, from `source` or the shards in `folder`. */
  async all(source: ModelDirectory, folder: string): Promise<TensorHashes> {
    const hashes = { source: {} as Record<string, string>, result: {} as Record<string, string> };
    for (const { file, layout } of this.#shards) {
      for (const { name, source: tensor } of layout.tensors) {
        const sum = this.#find(tensor) ?? this.#keep(tensor, await hashAgain(tensor, source, join(folder, file)));
        hashes.result[name] = sum;
        if (tensor.copyOf !== undefined) hashes.source[tensor.copyOf] = sum;
      }
    }
    return hashes;
  }

  #find({ name, copyOf }: TargetTensor): string | undefined {
    return copyOf === undefined ? this.#known.computed[name] : this.#known.copied[copyOf];
  }

  #keep({ name, copyOf }: TargetTensor, sum: string): string {
    if (copyOf === undefined) this.#known.computed[name] = sum;
    else this.#known.copied[copyOf] = sum;
    return sum;
  }
}

async function hashAgain({ name, copyOf }: TargetTensor, source: ModelDirectory, path: string): Promise<string> {
  const hash = createHash("sha256");
  if (copyOf !== undefined) {
    for await (const chunk of source.shardOf(copyOf).stream(copyOf)) hash.update(chunk);
    return hash.digest("hex");
  }
  await using written = await SafetensorsFile.open(path);
  for await (const chunk of written.stream(name)) hash.update(chunk);
  return hash.digest("hex");
}
