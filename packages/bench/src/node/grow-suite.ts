// Growing a checkpoint on disk: a base of random bf16 weights is stacked fourfold; ends when the files are on disk.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TensorSource, writeModelDirectory } from "@cambium/checkpoint";
import { growDirectory } from "@cambium/grow/node";
import { llama, modelSpec, parameterTable, writeHfModel } from "@cambium/model";
import { parity } from "../parity.js";
import { stack } from "../stack.js";
import type { FileSuite, Size } from "../suite.js";

const factor = 4;

export const grow: FileSuite = {
  name: "grow",
  summary: "growing a checkpoint on disk",
  unit: "GB/s",
  bound: null,
  on: "files",
  cases: (quick) => {
    const size = quick ? { layers: 3, hidden: 256, vocab: 512 } : { layers: 6, hidden: 768, vocab: 4096 };
    return [{ name: `${size.layers}Lx${size.hidden}x${factor}`, size }];
  },
  async prepare(one) {
    const folder = await mkdtemp(join(tmpdir(), "cambium-bench-grow-"));
    const [base, grown] = [join(folder, "base"), join(folder, "grown")];
    await randomBase(base, one.size);
    const options = { operator: stack, options: { factor } };
    const run = async (verify: boolean) => {
      await rm(grown, { recursive: true, force: true });
      const began = performance.now();
      await growDirectory(base, grown, { ...options, verify });
      return (performance.now() - began) / 1000;
    };
    await run(false);
    return {
      work: { bytes: await bytesIn(grown) },
      async turn(count) {
        const seconds: number[] = [];
        for (let i = 0; i < count; i++) seconds.push(await run(false));
        return seconds;
      },
      async parity() {
        // Throws if the hash of a tensor on disk is wrong.
        await run(true);
        return parity(0, 0, "hashes of every tensor, read again");
      },
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Writes a Llama with random bf16 weights in two shards. */
export async function randomBase(path: string, { layers = 1, hidden = 64, vocab = 256 }: Size): Promise<void> {
  const model = modelSpec(llama, {
    ...{ vocab, hidden, intermediate: 2 * hidden, layers, heads: hidden / 64, contextLength: 2048 },
  });
  const noise = randomBytes(8 << 20);
  const tensors = parameterTable(model).map(
    ({ name, shape }): TensorSource => ({
      ...{ name, shape, dtype: "BF16" },
      *chunks() {
        let left = 2 * shape.reduce((product, size) => product * size, 1);
        for (; left > 0; left -= noise.length) yield noise.subarray(0, Math.min(left, noise.length));
      },
    }),
  );
  const total = tensors.reduce((sum, { shape }) => sum + 2 * shape.reduce((product, size) => product * size, 1), 0);
  await writeModelDirectory(path, {
    configJson: writeHfModel(model, { dtype: "bf16" }),
    tensors,
    maxShardBytes: Math.ceil(total / 2) + 2 ** 24,
  });
}
