// Kills `cambium grow` with SIGKILL, continues each growth with the same command until it is done, and compares the
// hash of every file of the result with those of an undisturbed growth.
//
//   node tools/kill-grow.mjs [--kills 40] [--seed 1] [--factor 12] [--operator stack] [--swap] [--json]
//
// With --swap, after every other kill the source becomes its twin, which differs in one byte of each tensor and in no
// name, size or modification time: overwritten in place, replaced by a renamed file, or swapped as a folder. The growth
// must then end with the same bytes as the twin's own growth. Half of the kills come at a random instant of the
// copying, a quarter once a journal exists, a quarter in the last steps before the target appears. Exits with code 1 if
// a growth ends with other bytes, if a partial target was seen, or if the source changed.
import { copyFileSync, cpSync, existsSync, readdirSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeModelDirectory } from "../packages/checkpoint/dist/index.js";
import { llama, modelSpec, parameterTable, writeHfModel } from "../packages/model/dist/index.js";
import { cambium, checkEnd, formatHits, hashOf, inScratch, watch } from "./killing.mjs";
import { readOptions } from "./options.mjs";
import { mulberry32 } from "./random.mjs";

const values = readOptions(import.meta.url, {
  kills: 40,
  seed: 1,
  factor: 12,
  operator: "stack",
  swap: false,
  json: false,
});
const next = mulberry32(values.seed);

/** A Llama of 2 layers, 19 MB in several shards. @param changed whether one byte of each tensor differs */
async function makeBase(path, next, changed) {
  const model = modelSpec(llama, {
    ...{ layers: 2, vocab: 512, hidden: 512, intermediate: 1536, heads: 8, contextLength: 512 },
  });
  const tensors = parameterTable(model).map(({ name, shape }) => ({
    ...{ name, shape, dtype: "BF16" },
    *chunks() {
      const bytes = Buffer.alloc(2 * shape.reduce((product, size) => product * size, 1));
      for (let at = 0; at < bytes.length; at += 2) bytes.writeUInt16LE(0x3c00 + Math.floor(512 * next()), at);
      if (changed) bytes[bytes.length >> 1] ^= 1;
      yield bytes;
    },
  }));
  const configJson = writeHfModel(model, { dtype: "bf16" });
  await writeModelDirectory(path, { configJson, tensors, maxShardBytes: 5e6 });
  for (const name of readdirSync(path)) utimesSync(join(path, name), 1, 1);
}

/** Swaps the content of `base` and `twin`, keeping names and times. */
function swap(base, twin, how) {
  const aside = `${base}.aside`;
  if (how === 0) {
    renameSync(base, aside);
    renameSync(twin, base);
    renameSync(aside, twin);
    return;
  }
  cpSync(base, aside, { recursive: true, preserveTimestamps: true });
  for (const [from, to] of [
    [twin, base],
    [aside, twin],
  ]) {
    for (const name of readdirSync(from)) {
      const place = how === 1 ? join(to, name) : join(to, `${name}.new`);
      copyFileSync(join(from, name), place);
      utimesSync(place, 1, 1);
      if (how === 2) renameSync(place, join(to, name));
    }
  }
  rmSync(aside, { recursive: true });
}

function grow(base, target, aim) {
  const options = ["--operator", values.operator, "--factor", `${values.factor}`, "--max-shard-size", "40MB"];
  return cambium(["grow", base, target, ...options], aim);
}

/** When to kill; an aim is cancelled if the growth ends first. */
function aims(target, milliseconds) {
  const scratch = join(target, "..", `.${target.split("/").at(-1)}.growing`);
  return {
    "at random": (signal) => sleep((0.15 + 0.85 * next()) * milliseconds, undefined, { signal }),
    "in copying": async (signal) => {
      await watch(signal, () => existsSync(`${scratch}.json`));
      await sleep(0.6 * next() * milliseconds, undefined, { signal });
    },
    "at the end": async (signal) => {
      await watch(signal, () => existsSync(join(scratch, "config.json")));
      await sleep(10 * next(), undefined, { signal });
    },
  };
}

function fingerprint(folder) {
  return JSON.stringify(
    readdirSync(folder)
      .sort()
      .map((name) => [name, hashOf(folder, name)]),
  );
}

async function main(folder) {
  const [base, undisturbed, target] = ["base", "undisturbed", "grown"].map((name) => join(folder, name));
  const twin = join(folder, "twin");
  await makeBase(base, mulberry32(values.seed), false);
  if (values.swap) await makeBase(twin, mulberry32(values.seed), true);
  let source = fingerprint(base);
  const first = await grow(base, undisturbed);
  checkEnd(first, "the undisturbed growth");
  let expected = fingerprint(undisturbed);
  let other;
  if (values.swap) {
    checkEnd(await grow(twin, join(folder, "other")), "the twin's undisturbed growth");
    other = fingerprint(join(folder, "other"));
    if (other === expected) throw new Error("the twins grow to the same bytes");
  }
  const order = Object.entries(aims(target, first.milliseconds));
  const wanted = values.kills;
  const hits = {};
  let [kills, growths, differing, shots, swapped] = [0, 0, 0, 0, 0];
  for (let sitting = 0; kills < wanted; ) {
    const [what, aim] = order[[0, 1, 0, 2][shots++ % 4]];
    const end = await grow(base, target, sitting < 4 ? aim : undefined);
    checkEnd(end, `growth ${growths}, after ${sitting} kills,`);
    sitting += 1;
    if (end.killed) {
      kills += 1;
      hits[what] = (hits[what] ?? 0) + 1;
    }
    if (values.swap && end.killed && kills % 2 === 1 && !existsSync(target)) {
      swap(base, twin, swapped++ % 3);
      [expected, other] = [other, expected];
      source = fingerprint(base);
    }
    // A target that exists must be complete, whatever was killed.
    if (!existsSync(target)) continue;
    growths += 1;
    sitting = 0;
    const again = await grow(base, target);
    const left = readdirSync(folder).filter((name) => name.startsWith("."));
    const same = fingerprint(target) === expected;
    if (again.code !== 0 || left.length > 0 || !same) {
      differing += 1;
      console.error(again.errors, same ? "same bytes" : "OTHER BYTES", ...left);
    }
    rmSync(target, { recursive: true });
    if (!values.json) console.error(`${kills} of ${wanted} kills, ${growths} growths, ${differing} differ`);
  }
  const changed = fingerprint(base) !== source;
  if (values.json) console.log(JSON.stringify({ kills, growths, hits, swapped, differing, sourceChanged: changed }));
  else {
    console.log(
      `${kills} kills (${formatHits(hits)}) of ${growths} growths, sources swapped ${swapped} times: ${differing} differ; source ${changed ? "changed" : "untouched"}`,
    );
  }
  return differing === 0 && !changed ? 0 : 1;
}

await inScratch(main);
