// The readers of shards and of other projects' token files: zstd, Parquet, selection by a field, packed ids.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @param data the built @cambium/data/node. @param golden its folder of golden files */
export function shardReaders(data, golden) {
  const files = (folder, which = /./) =>
    Object.fromEntries(
      readdirSync(join(golden, folder))
        .filter((name) => which.test(name))
        .map((name) => [name, readFileSync(join(golden, folder, name))]),
    );
  const shards = files("shards");
  const only = { "meta.redpajama_set_name": ["RedPajamaC4"] };
  const passages = async (folder, name) => {
    const source = await data.filesSource(join(folder, name), /long/.test(name) ? {} : { only });
    await source.fingerprint();
    for await (const { text } of source.passages()) if (typeof text !== "string") throw new Error("no text");
  };
  const tokens = async (folder, name) => {
    const opened = await data.openTokens(join(folder, name));
    try {
      opened.read(0, Math.min(opened.length, 1000));
      data.vocabularyOf(opened);
    } finally {
      opened.close();
    }
  };
  const reader = (held, read) => ({ files: held, changed: Object.keys(held), read });
  const some = (pattern) => Object.fromEntries(Object.entries(shards).filter(([name]) => pattern.test(name)));
  return {
    zstd: reader(some(/\.zst$/), passages),
    parquet: reader(some(/\.parquet$/), passages),
    "parquet rows": reader(some(/\.parquet$/), async (folder, name) => {
      for await (const row of data.readRows(join(folder, name))) if (row.where === undefined) throw new Error("lost");
    }),
    "packed tokens": reader(files("packed"), tokens),
  };
}
