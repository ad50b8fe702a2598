// Reads a grown model again and compares it, tensor by tensor, with what its source makes.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ModelDirectory } from "../model-directory/open.js";
import { ReasonList } from "../reasons.js";
import { SafetensorsFile } from "../safetensors/file.js";
import type { GrowOptions } from "./execute.js";
import type { Prepared } from "./preflight.js";
import { computedChunks } from "./rows.js";

/**
 * @returns SHA-256 of each file of weights, in hex
 * @throws CambiumError `E_GROWTH_VERIFY` with every tensor that is not what it should be; as opening the files
 */
export async function verifyShards(
  source: ModelDirectory,
  folder: string,
  shards: Prepared["shards"],
  total: number,
  { signal, onProgress }: Pick<GrowOptions, "signal" | "onProgress">,
): Promise<Record<string, string>> {
  const reasons = new ReasonList();
  const hashes: Record<string, string> = {};
  let done = 0;
  for (const { file, layout } of shards) {
    await using written = await SafetensorsFile.open(join(folder, file));
    const head = new Uint8Array(layout.head.length);
    await written.readInto(head, 0);
    const whole = createHash("sha256").update(head);
    if (Buffer.compare(head, layout.head) !== 0)
      reasons.add({ where: file, message: "its header is not what was written" });
    for (const tensor of layout.tensors) {
      const { name, source: made } = tensor;
      if (signal?.aborted) return hashes;
      const got = createHash("sha256");
      for await (const chunk of written.stream(name)) {
        got.update(chunk);
        whole.update(chunk);
      }
      const expected = createHash("sha256");
      const chunks = made.copyOf === undefined ? computedChunks(made) : source.source(made.copyOf).chunks();
      for await (const chunk of chunks) expected.update(chunk);
      if (got.digest("hex") !== expected.digest("hex")) {
        reasons.add({ where: `${file}: ${name}`, message: "its bytes are not those of its source" });
      }
      done += tensor.byteLength;
      onProgress?.({ phase: "verify", done, total });
    }
    hashes[file] = whole.digest("hex");
  }
  reasons.throwIfAny("E_GROWTH_VERIFY", "the grown model is not what its source makes", { where: folder });
  return hashes;
}
