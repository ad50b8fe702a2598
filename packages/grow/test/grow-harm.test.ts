// Growth under harm and at size: interrupted, raced, on full disks, in bounded memory.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dryRunGrowth, type GrowReport, growDirectory } from "@cambium/grow/node";
import { parsePlan } from "@cambium/growth";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";
import { canMount, files, node, onDisk, sharded } from "./support/grow-process.js";

describe("harm", () => {
  it("interrupted, it keeps what is done; another request is refused, the same one continues", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 64, 64), llamaShards(2, 64, 64));
    const stop = new AbortController();
    const target = join(dir, "b");
    const request = { operator: stacked, options: { factor: 2 } };
    const onProgress = ({ done }: { done: number }) => done > 50_000 && stop.abort();
    expect((await growDirectory(source, target, { ...request, signal: stop.signal, onProgress })).state).toBe(
      "interrupted",
    );
    expect(existsSync(target)).toBe(false);
    const other = await refusal(() => growDirectory(source, target, { ...request, options: { factor: 3 } }));
    expect(other.code).toBe("E_GROWTH_UNFINISHED");
    const seen: number[] = [];
    await growDirectory(source, target, { ...request, verify: true, onProgress: ({ done }) => void seen.push(done) });
    expect(seen[0]).toBeGreaterThan(50_000);
    await growDirectory(source, join(dir, "c"), { ...request, verify: true });
    expect(files(target)).toEqual(files(join(dir, "c")));
  });

  it.each([{}, { dtype: "f32" as const }])(
    "in many attempts it comes to the same bytes, hashes included: %o",
    async (cast) => {
      const dir = await tempDir();
      const source = writeModel(join(dir, "a"), llamaJson(2, 64, 64), llamaShards(2, 64, 64));
      const request = { operator: stacked, options: { factor: 2 }, ...cast, flushBytes: 4096 };
      const { report } = await growDirectory(source, join(dir, "b"), request);
      const record = JSON.parse(readFileSync(join(dir, "b", "growth.json"), "utf8"));
      expect(parsePlan(record.plan)).toEqual(report.plan);
      let attempts = 1;
      for (let until = 30_000; ; until += 30_000, attempts++) {
        const stop = new AbortController();
        const onProgress = ({ done }: { done: number }) => done > until && stop.abort();
        const { state } = await growDirectory(source, join(dir, "c"), { ...request, signal: stop.signal, onProgress });
        if (state === "done") break;
      }
      expect(attempts).toBeGreaterThan(3);
      expect(files(join(dir, "c"))).toEqual(files(join(dir, "b")));
    },
  );

  it.each([false, true])("finds what another process did after the dry run; to be verified: %s", async (verify) => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 8, 16), llamaShards(2, 8, 16));
    const target = join(dir, "b");
    const onReport = () => void spawnSync(node[0], [...node.slice(1), source, target, "2"]);
    const request = { ...sharded, operator: stacked, options: { factor: 2 }, verify };
    expect((await growDirectory(source, target, { ...request, onReport })).state).toBe("cached");
    expect("files" in JSON.parse(readFileSync(join(target, "growth.json"), "utf8"))).toBe(verify);
  });

  it("a file beside the weights that cannot be copied is reported once the weights are written, and not before", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 256, 512), llamaShards(2, 256, 512));
    const tokenizer = join(source, "tokenizer.json");
    writeFileSync(tokenizer, "{}");
    const onReport = () => rmSync(tokenizer);
    const done: number[] = [];
    const onProgress = (progress: { done: number; total: number }) => void done.push(progress.done / progress.total);
    const request = { operator: stacked, options: { factor: 2 }, onReport, onProgress };
    const error = await refusal(() => growDirectory(source, join(dir, "b"), request));
    expect([error.code, done.at(-1), existsSync(join(dir, "b"))]).toEqual(["E_NOT_FOUND", 1, false]);
  });

  it.skipIf(!canMount)("a disk that is too small is named before anything is written", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 256, 512), llamaShards(2, 256, 512));
    const before = files(source);
    const disk = join(dir, "disk");
    const out = onDisk("4m", disk, '"$@"; ls "$disk"', ...node, source, join(disk, "b"), "8");
    expect(out).toContain('"code":"E_DISK_FULL"');
    expect(out).not.toMatch(/^b$/m);
    expect(files(source)).toEqual(before);
  });

  it.skipIf(!canMount)("a disk that fills at a random byte: no target; with space again, it continues", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 256, 512), llamaShards(2, 256, 512));
    await growDirectory(source, join(dir, "whole"), { ...{ operator: stacked, options: { factor: 4 } }, ...sharded });
    const before = files(source);
    const disk = join(dir, "disk");
    const at = Math.floor(Math.random() * 6e6);
    const script = `"$@" "$disk/filler" ${at}; ls "$disk"; echo ---; rm "$disk/filler"; "$@"; cd "$disk/b"; sha256sum *`;
    const out = onDisk("32m", disk, script, ...node, source, join(disk, "b"), "4", "65536");
    const [first = "", second = ""] = out.split("---");
    expect(first, `at ${at}`).toContain('"code":"E_DISK_FULL"');
    expect(first).not.toMatch(/^b$/m);
    const resumed = Number(/\d+/.exec(second)?.[0]);
    expect(resumed).toBeLessThan(8e6);
    const sums = second.match(/^[0-9a-f]{64}.*$/gm)?.map((line) => line.split("  ").reverse());
    expect(Object.fromEntries(sums ?? [])).toEqual(files(join(dir, "whole")));
    expect(files(source)).toEqual(before);
  });
});

/** The dry run of a stack, even if there are mistakes: a disk may be too small for the model. */
async function look(source: string, target: string, options: object): Promise<GrowReport> {
  let report: GrowReport | undefined;
  const onReport = (one: GrowReport) => {
    report = one;
  };
  const request = { operator: stacked, options: { ...options }, onReport };
  await dryRunGrowth(source, target, request).catch((error) => expect(error.code).toBe("E_DISK_FULL"));
  if (!report) throw new Error("there was no report");
  return report;
}

describe("size", () => {
  it("a 70B-shaped checkpoint of headers only is examined whole", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(80, 8192, 28672), llamaShards(80, 8192, 28672), "none");
    expect(statSync(join(source, "part-1.safetensors")).size).toBeLessThan(10_000);
    const report = await look(source, join(dir, "b"), { factor: 2 });
    const layer = 2 * 8192 + 4 * 8192 ** 2 + 3 * 8192 * 28672;
    const rest = 2 * 64 * 8192 + 8192;
    expect(report).toMatchObject({ parametersBefore: rest + 80 * layer, parametersAfter: rest + 160 * layer });
    expect(report.bytesIn).toBe(2 * (rest + 80 * layer));
    expect(report.connectionRate).toMatchObject({ numerator: 158, denominator: 159 });
    const { code, details } = await refusal(() => growDirectory(source, join(dir, "b"), { operator: stacked }));
    expect([code, ...(details.reasons ?? []).map((reason) => reason.code)]).toContain("E_SHARD_INDEX");
  });

  it("memory is that of the buffers, ten times the bytes or not", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 1024, 2048), llamaShards(2, 1024, 2048), "sparse");
    const peak = (factor: number): number => {
      const [command, ...args] = node;
      const to = join(dir, `x${factor}`);
      const { stdout } = spawnSync(command, [...args, source, to, `${factor}`, "8e6"], { encoding: "utf8" });
      return Number(/peak (\d+)/.exec(stdout)?.[1]);
    };
    const [small, large] = [peak(1), peak(10)];
    expect(large).toBeLessThan(300e6);
    // Besides the buffers only the garbage of a longer run.
    expect(large - small).toBeLessThan(40e6);
  }, 60_000);

  it.skipIf(!canMount)(
    "growth of a 70B-shaped checkpoint streams in the memory of any other",
    async () => {
      const dir = await tempDir();
      const source = writeModel(join(dir, "a"), llamaJson(80, 8192, 28672), llamaShards(80, 8192, 28672), "sparse");
      const disk = join(dir, "disk");
      // A disk in memory that has room for all of it, of which a gigabyte is used.
      const out = onDisk("400g", disk, '"$@"', ...node, source, join(disk, "b"), "2", "256e6", "stop", "1e9");
      const [, done, peak] = /(\d+)\ninterrupted peak (\d+)\n$/.exec(out) ?? [];
      expect(Number(done), out).toBeGreaterThanOrEqual(1e9);
      expect(Number(peak)).toBeLessThan(300e6);
    },
    60_000,
  );
});
