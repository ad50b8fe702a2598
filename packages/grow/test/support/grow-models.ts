// Checkpoints to be grown: written by hand as safetensors, full, sparse or headers only.
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { depthOperator } from "@cambium/growth";

export const stacked = depthOperator({
  name: "test-stack",
  version: "1.0.0",
  summary: "Copies of the whole, one on top of the other.",
  layers: (base, target) => Array.from({ length: target }, (_, t) => t % base),
});

export interface Stored {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** A safetensors file; its data pseudo-random, a hole, or missing. */
export function writeFile(path: string, tensors: Readonly<Record<string, Stored>>, data: "full" | "sparse" | "none") {
  let end = 0;
  const header = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const entry = [name, { dtype, shape, data_offsets: [end, end + bytes] }] as const;
    end += bytes;
    return entry;
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([length, json]));
  if (data === "sparse") ftruncateSync(file, 8 + json.length + end);
  if (data === "full") {
    let x = 12345;
    const bytes = new Uint8Array(end);
    for (let i = 0; i < end; i++) {
      x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
      bytes[i] = x >> 16;
    }
    writeSync(file, bytes);
  }
  closeSync(file);
}

/** A directory with one shard per part of `shards` and the index that says so. */
export function writeModel(
  dir: string,
  config: object | string,
  shards: readonly Readonly<Record<string, Stored>>[],
  data: "full" | "sparse" | "none" = "full",
): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  const map: Record<string, string> = {};
  shards.forEach((tensors, i) => {
    const file = `part-${i}.safetensors`;
    writeFile(join(dir, file), tensors, data);
    for (const name of Object.keys(tensors)) map[name] = file;
  });
  writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
  return dir;
}

/** A bf16 Llama's tensors, one shard for each layer and one for the rest. */
export function llamaShards(layers: number, hidden: number, intermediate: number): Record<string, Stored>[] {
  const bf16 = (...shape: number[]): Stored => ({ dtype: "BF16", shape, bytes: 2 * shape.reduce((a, b) => a * b, 1) });
  const outside = {
    "model.embed_tokens.weight": bf16(64, hidden),
    "model.norm.weight": bf16(hidden),
    "lm_head.weight": bf16(64, hidden),
  };
  const inside = Array.from({ length: layers }, (_, n) =>
    Object.fromEntries(
      [
        ["input_layernorm", bf16(hidden)],
        ["post_attention_layernorm", bf16(hidden)],
        ["self_attn.q_proj", bf16(hidden, hidden)],
        ["self_attn.k_proj", bf16(hidden, hidden)],
        ["self_attn.v_proj", bf16(hidden, hidden)],
        ["self_attn.o_proj", bf16(hidden, hidden)],
        ["mlp.gate_proj", bf16(intermediate, hidden)],
        ["mlp.up_proj", bf16(intermediate, hidden)],
        ["mlp.down_proj", bf16(hidden, intermediate)],
      ].map(([name, stored]) => [`model.layers.${n}.${name}.weight`, stored as Stored]),
    ),
  );
  return [outside, ...inside];
}

export function llamaJson(layers: number, hidden: number, intermediate: number): object {
  return {
    model_type: "llama",
    vocab_size: 64,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    torch_dtype: "bfloat16",
  };
}
