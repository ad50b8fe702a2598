// Prepares gigabytes of shards in SlimPajama's format with `cambium data prepare`, once undisturbed and once killed
// again and again, and compares the bytes. Prints the peak memory of the process (Linux).
//
//   node tools/data-scale.mjs [--gb 10] [--kills 10] [--tokenizer bytes] [--threads N] [--shuffle] [--seed 1] [--json]
//
// Exits with code 1 if the bytes differ, or the memory exceeds --megabytes (500).
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as zlib from "node:zlib";
import { corpora } from "../packages/corpora/dist/index.js";
import { cambium, checkEnd, inScratch } from "./killing.mjs";
import { readOptions } from "./options.mjs";
import { mulberry32 } from "./random.mjs";

const values = readOptions(import.meta.url, {
  gb: 10,
  kills: 10,
  tokenizer: "bytes",
  threads: undefined,
  shuffle: false,
  megabytes: 500,
  seed: 1,
  json: false,
});
const next = mulberry32(values.seed);
const pick = (list) => list[Math.floor(next() * list.length)];

/** Bytes of text in a shard, about as many as in SlimPajama's. */
const shardBytes = 64e6;
const sets = ["RedPajamaC4", "RedPajamaCommonCrawl", "RedPajamaWikipedia", "RedPajamaBook", "RedPajamaGithub"];

/** Writes shards whose documents are random paragraphs of the corpora. @returns bytes of JSON lines */
function makeShards(folder, bytes) {
  const texts = Object.values(corpora).flatMap((corpus) => Array.from(corpus.documents(), ({ text }) => text));
  const paragraphs = texts.flatMap((text) => text.split("\n\n")).filter(({ length }) => length > 80);
  const pack = zlib.zstdCompressSync ?? ((data) => zlib.gzipSync(data, { level: 1 }));
  const ending = zlib.zstdCompressSync ? "zst" : "gz";
  let made = 0;
  for (let shard = 0; made < bytes; shard++) {
    const chunk = join(folder, "train", `chunk${1 + (shard % 10)}`);
    mkdirSync(chunk, { recursive: true });
    const lines = [];
    let size = 0;
    while (size < Math.min(shardBytes, bytes - made)) {
      const count = 1 + Math.floor(next() ** 3 * 60);
      const text = Array.from({ length: count }, () => pick(paragraphs)).join("\n\n");
      const line = `${JSON.stringify({ text, meta: { redpajama_set_name: pick(sets) } })}\n`;
      size += line.length;
      lines.push(line);
    }
    made += size;
    writeFileSync(join(chunk, `example_train_${shard}.jsonl.${ending}`), pack(Buffer.from(lines.join(""))));
  }
  return made;
}

/** Notes the peak memory of a process in megabytes, until it ends. */
async function watchMemory(pid, signal, seen) {
  while (!signal.aborted) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      // Some systems give only the current memory.
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(status) ?? /VmRSS:\s+(\d+)/.exec(status) ?? [];
      if (kilobytes) seen.megabytes = Math.max(seen.megabytes ?? 0, Math.round(Number(kilobytes) / 1000));
    } catch {
      // It has ended, or the system does not give the memory.
    }
    await sleep(100, undefined, { signal }).catch(() => undefined);
  }
}

/** SHA-256 of a file of any size. */
async function hashOf(...path) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(join(...path))) hash.update(chunk);
  return hash.digest("hex");
}

await inScratch(async (scratch) => {
  const shards = join(scratch, "shards");
  const bytes = makeShards(shards, values.gb * 1e9);
  const say = (text) => values.json || console.log(text);
  say(`${(bytes / 1e9).toFixed(2)} GB of JSON lines in ${shards}`);
  const seen = {};
  const prepare = async (out, after) => {
    const args = ["data", "prepare", shards, "--out", join(scratch, out), "--tokenizer", values.tokenizer];
    if (values.threads !== undefined) args.push("--threads", values.threads);
    if (values.shuffle) args.push("--shuffle");
    const aim = async (signal, pid) => {
      const watching = watchMemory(pid, signal, seen);
      if (after === undefined) await watching.then(() => Promise.reject(new Error("it ended")));
      else await sleep(after, undefined, { signal });
    };
    const end = await cambium(args, aim);
    checkEnd(end, `the preparation in ${out}`);
    return end;
  };
  const { milliseconds } = await prepare("whole");
  say(`undisturbed: ${Math.round(milliseconds / 1000)} s, ${(bytes / 1000 / milliseconds).toFixed(1)} MB/s`);
  // What is compared later is the hashes, so that the disk holds one of the two at a time: 20 GB of u16 for 10 GB.
  const files = ["train.tokens", "held-out.tokens"];
  const whole = await Promise.all(files.map((name) => hashOf(scratch, "whole", name)));
  rmSync(join(scratch, "whole"), { recursive: true });
  let kills = 0;
  for (let done = false; !done; ) {
    const wanted = kills < values.kills;
    // Some kills come while it starts or hashes, most while it tokenizes.
    const { killed } = await prepare("killed", wanted ? (1.5 * next() * milliseconds) / values.kills : undefined);
    if (killed) kills++;
    else done = true;
  }
  const killed = await Promise.all(files.map((name) => hashOf(scratch, "killed", name)));
  const differing = files.filter((_, index) => whole[index] !== killed[index]);
  const speed = bytes / 1000 / milliseconds;
  const result = { gigabytes: bytes / 1e9, kills, differing: differing.length, megabytes: seen.megabytes, speed };
  if (values.json) console.log(JSON.stringify(result));
  else console.log(`${kills} kills; ${differing.length} files differ; at most ${seen.megabytes ?? "?"} MB`);
  return differing.length > 0 || seen.megabytes > values.megabytes ? 1 : 0;
});
