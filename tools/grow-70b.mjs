// Growth of a checkpoint in the shape of Llama 70B, on paper and on disk.
//
//   node tools/grow-70b.mjs [--folder DIR] [--gigabytes 12] [--layers 40] [--operator stack]
//
// On paper: the headers of a base of 40 layers in bf16, in sparse shards, and `cambium grow --dry-run` to 80 layers. On
// disk: the same shapes with few layers, so that no target exceeds the bytes allowed. The pace of the smallest growth
// predicts the time of the larger ones; memory must not grow with the bytes.
import { execFile } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "./options.mjs";
import { root } from "./setup.mjs";

const values = readOptions(import.meta.url, { folder: tmpdir(), gigabytes: 12, layers: 40, operator: "stack" });
mkdirSync(values.folder, { recursive: true });
const scratch = mkdtempSync(join(values.folder, "cambium-70b-"));

const [hidden, intermediate, heads, kvHeads, vocab] = [8192, 28_672, 64, 8, 128_256];
const kv = (hidden / heads) * kvHeads;
const layer = {
  "input_layernorm.weight": [hidden],
  "self_attn.q_proj.weight": [hidden, hidden],
  "self_attn.k_proj.weight": [kv, hidden],
  "self_attn.v_proj.weight": [kv, hidden],
  "self_attn.o_proj.weight": [hidden, hidden],
  "post_attention_layernorm.weight": [hidden],
  "mlp.gate_proj.weight": [intermediate, hidden],
  "mlp.up_proj.weight": [intermediate, hidden],
  "mlp.down_proj.weight": [hidden, intermediate],
};
const outside = {
  "model.embed_tokens.weight": [vocab, hidden],
  "model.norm.weight": [hidden],
  "lm_head.weight": [vocab, hidden],
};
const bytesOf = (shape) => 2 * shape.reduce((product, n) => product * n, 1);
const sum = (shapes) => Object.values(shapes).reduce((total, shape) => total + bytesOf(shape), 0);
const [perLayer, fixed] = [sum(layer), sum(outside)];

/** A model with this many layers whose weights are sparse files. */
function writeBase(path, layers) {
  mkdirSync(path);
  const config = {
    ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", hidden_act: "silu", torch_dtype: "bfloat16" },
    ...{ hidden_size: hidden, intermediate_size: intermediate, num_hidden_layers: layers, vocab_size: vocab },
    ...{ num_attention_heads: heads, num_key_value_heads: kvHeads, max_position_embeddings: 8192 },
    ...{ rms_norm_eps: 1e-5, rope_theta: 500_000, tie_word_embeddings: false },
  };
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  const tensors = Object.entries(outside);
  for (let i = 0; i < layers; i++)
    for (const [name, shape] of Object.entries(layer)) tensors.push([`model.layers.${i}.${name}`, shape]);
  const shards = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    if (filled + bytesOf(tensor[1]) > 5e9 && filled > 0) [filled] = [0, shards.push([])];
    shards.at(-1).push(tensor);
    filled += bytesOf(tensor[1]);
  }
  const map = {};
  shards.forEach((held, i) => {
    const file = `model-${String(i + 1).padStart(5, "0")}-of-${String(shards.length).padStart(5, "0")}.safetensors`;
    const header = {};
    let at = 0;
    for (const [name, shape] of held) {
      header[name] = { dtype: "BF16", shape, data_offsets: [at, at + bytesOf(shape)] };
      at += bytesOf(shape);
      map[name] = file;
    }
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    const descriptor = openSync(join(path, file), "w");
    writeSync(descriptor, Buffer.concat([length, text]));
    ftruncateSync(descriptor, 8 + text.length + at);
    closeSync(descriptor);
  });
  const total = tensors.reduce((all, [, shape]) => all + bytesOf(shape), 0);
  writeFileSync(
    join(path, "model.safetensors.index.json"),
    JSON.stringify({ metadata: { total_size: total }, weight_map: map }),
  );
  return { shards: shards.length, total };
}

/** Grows by the command line. @returns its output, its time in seconds and its peak memory in bytes */
function grow(base, target, ...args) {
  const script = join(scratch, "peak.mjs");
  writeFileSync(
    script,
    "process.on('exit', () => process.stderr.write('PEAK ' + process.resourceUsage().maxRSS * 1024 + String.fromCharCode(10)));",
  );
  const command = ["grow", base, target, "--operator", values.operator, "--factor", "2", "--json", ...args];
  const began = performance.now();
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--import", script, join(root, "packages/cli/dist/main.js"), ...command],
      (error, output, errors) => {
        const full = /"code":"E_DISK_FULL".*"expected":"(\d+) bytes free"/.exec(`${errors}${output}`);
        if (error && !full) reject(new Error(errors));
        else
          resolve({
            // A dry run also reports a disk that is too small; nothing is written then.
            said: full ? `the disk is too small: ${full[1]} bytes are needed` : output.trim(),
            seconds: (performance.now() - began) / 1000,
            peak: Number(/PEAK (\d+)/.exec(errors)?.[1]),
          });
      },
    );
  });
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

try {
  const base = join(scratch, "base");
  const { shards, total } = writeBase(base, values.layers);
  const dry = await grow(base, join(scratch, "target"), "--dry-run");
  const whole = fixed + 2 * values.layers * perLayer;
  const used = 512 * statSync(join(base, `model-00001-of-${String(shards).padStart(5, "0")}.safetensors`)).blocks;
  console.log(
    `On paper: ${values.layers} layers in ${shards} shards, ${gigabytes(total)} (the first takes ${used} bytes of disk)`,
  );
  console.log(
    `  → ${2 * values.layers} layers, ${gigabytes(whole)}: ${dry.seconds.toFixed(1)} s, ${megabytes(dry.peak)} of memory`,
  );
  console.log(`  ${dry.said.slice(0, 600)}`);
  const most = values.gigabytes * 1e9;
  let pace;
  for (const layers of [1, 2, 3, 4, 6, 8, 12].filter((n) => fixed + 2 * n * perLayer <= most)) {
    const [from, to] = [join(scratch, `base-${layers}`), join(scratch, `target-${layers}`)];
    writeBase(from, layers);
    const bytes = fixed + 2 * layers * perLayer;
    const { seconds, peak } = await grow(from, to);
    const predicted = pace === undefined ? "" : `, predicted ${(bytes / pace).toFixed(1)} s`;
    pace ??= bytes / seconds;
    const grown = JSON.parse(readFileSync(join(to, "config.json"), "utf8")).num_hidden_layers;
    console.log(
      `On disk: ${layers} → ${grown} layers, ${gigabytes(bytes)}: ${seconds.toFixed(1)} s${predicted}, ${megabytes(peak)} of memory`,
    );
    rmSync(from, { recursive: true });
    rmSync(to, { recursive: true });
  }
  if (pace) console.log(`At this pace the whole takes ${Math.round(whole / pace / 60)} min (${megabytes(pace)}/s).`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
