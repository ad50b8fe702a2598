// Growth with other threads, which make rows or hash the source: the bytes of one thread, in one attempt or several;
// errors come through.
import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { growDirectory } from "@cambium/grow/node";
import { depthOperator, normal, sum } from "@cambium/growth";
import { parameterTable } from "@cambium/model";
import { expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";
import { files } from "./support/grow-process.js";

const shaken = (std: number) =>
  depthOperator({
    name: "shaken",
    version: "1.0.0",
    summary: "Copies with noise.",
    layers: (base, target) => Array.from({ length: target }, (_, t) => t % base),
    refine: (parts, { target }) => {
      const noisy = parameterTable(target).map(({ name, shape }) => {
        return [
          name,
          sum([parts.tensors[name] as NonNullable<(typeof parts.tensors)[string]>, normal(shape, std, name)]),
        ];
      });
      return { ...parts, tensors: Object.fromEntries(noisy) };
    },
  });

it("makes the bytes of one thread, stopped in the middle too", async () => {
  const dir = await tempDir();
  // 10 million numbers: enough for two threads.
  const source = writeModel(join(dir, "a"), llamaJson(1, 640, 1792), llamaShards(1, 640, 1792), "sparse");
  const request = { operator: shaken(1), options: { factor: 2 }, flushBytes: 2e6 };
  await growDirectory(source, join(dir, "one"), { ...request, threads: 0 });
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }) => done > 7e6 && stop.abort();
  const two = { ...request, threads: 2 };
  const { state } = await growDirectory(source, join(dir, "two"), { ...two, signal: stop.signal, onProgress });
  expect(state).toBe("interrupted");
  await growDirectory(source, join(dir, "two"), { ...two, verify: true });
  const [one, made] = [files(join(dir, "one")), files(join(dir, "two"))];
  for (const name of Object.keys(one).filter((name) => name.endsWith(".safetensors")))
    expect(made[name]).toEqual(one[name]);
  const large = { ...request, operator: shaken(1e6), dtype: "f16" as const, threads: 2 };
  const { code, details } = await refusal(() => growDirectory(source, join(dir, "large"), large));
  expect(code).toBe("E_RANGE");
  expect(details.where).toBe("lm_head.weight");
}, 60_000);

it("hashes a large source in a thread to the same record, and says so when the source is cut meanwhile", async () => {
  const dir = await tempDir();
  // 105 MB: a thread's worth.
  const source = writeModel(join(dir, "a"), llamaJson(8, 640, 2560), llamaShards(8, 640, 2560), "sparse");
  const request = { operator: stacked, options: { factor: 2 }, flushBytes: 4e6 };
  await growDirectory(source, join(dir, "one"), { ...request, threads: 1 });
  await growDirectory(source, join(dir, "two"), { ...request, threads: 2 });
  const record = (name: string) => readFileSync(join(dir, name, "growth.json"), "utf8");
  expect(record("two")).toBe(record("one"));

  const onProgress = ({ done }: { done: number }) => {
    if (done > 8e6 && done < 20e6) truncateSync(join(source, "part-8.safetensors"), 4e6);
  };
  const { code, details } = await refusal(() =>
    growDirectory(source, join(dir, "cut"), { ...request, threads: 2, onProgress }),
  );
  expect(code).toBe("E_SAFETENSORS_TRUNCATED");
  expect(details.where).toContain("part-8.safetensors");
}, 60_000);
