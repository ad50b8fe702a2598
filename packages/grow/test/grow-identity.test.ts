// A growth is made from what its source holds, whatever names, sizes and times say: swapped sources, damaged leftovers.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { growDirectory } from "@cambium/grow/node";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";
import { files } from "./support/grow-process.js";

const request = { operator: stacked, options: { factor: 2 }, flushBytes: 65_536, maxShardBytes: 1_500_000 };
const weights = "part-1.safetensors";
/** In the middle of a file of weights, past its header and between its samples. */
const unsampled = 700_001;

/** A model of 3 MB, and its twin: one byte differs, all names, sizes and modification times are the same. */
async function twins(): Promise<{ dir: string; a: string; b: string }> {
  const dir = await tempDir();
  const [a = "", b = ""] = ["a", "b"].map((name) =>
    writeModel(join(dir, name), llamaJson(2, 256, 512), llamaShards(2, 256, 512)),
  );
  flip(join(b, weights), unsampled);
  for (const model of [a, b]) for (const name of readdirSync(model)) utimesSync(join(model, name), 1, 1);
  return { dir, a, b };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.with(at, (bytes[at] as number) ^ 1));
}

/** Other content under the same name, size and times: in place, or by another file. */
const swaps: [string, (from: string, to: string) => void][] = [
  [
    "written over",
    (from, to) => {
      for (const name of readdirSync(from)) writeFileSync(join(to, name), readFileSync(join(from, name)));
      for (const name of readdirSync(from)) utimesSync(join(to, name), 1, 1);
    },
  ],
  [
    "a file renamed into its place",
    (from, to) => {
      copyFileSync(join(from, weights), join(to, "new"));
      utimesSync(join(to, "new"), 1, 1);
      renameSync(join(to, "new"), join(to, weights));
    },
  ],
  [
    "the folder renamed into its place",
    (from, to) => {
      renameSync(to, `${to}-before`);
      renameSync(from, to);
    },
  ],
];

/** Grows until some bytes are written. */
async function begin(source: string, target: string, until = 1_000_000): Promise<void> {
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }) => done > until && stop.abort();
  const { state } = await growDirectory(source, target, { ...request, signal: stop.signal, onProgress });
  expect(state).toBe("interrupted");
}

describe("the source", () => {
  it("of a finished growth is distinguished from its twin", async () => {
    const { dir, a, b } = await twins();
    const target = join(dir, "x");
    await growDirectory(a, target, request);
    expect((await growDirectory(a, target, request)).state).toBe("cached");
    const error = await refusal(() => growDirectory(b, target, request));
    expect([error.code, error.format()]).toEqual(["E_EXISTS", expect.stringContaining("other weights")]);
    flip(join(a, weights), unsampled);
    utimesSync(join(a, weights), 1, 1);
    expect((await refusal(() => growDirectory(a, target, request))).code).toBe("E_EXISTS");
    truncateSync(join(target, "model-00002-of-00004.safetensors"), 1000);
    expect((await refusal(() => growDirectory(b, target, request))).code).toBe("E_GROWTH_VERIFY");
  });

  it.each(swaps)("that is swapped between attempts ends as its own growth: %s", async (_, swap) => {
    const { dir, a, b } = await twins();
    await growDirectory(b, join(dir, "expected"), request);
    const target = join(dir, "x");
    await begin(a, target);
    swap(b, a);
    await growDirectory(a, target, request);
    expect(files(target)).toEqual(files(join(dir, "expected")));
    expect(readdirSync(dir).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it.each(swaps.flatMap(([name, swap]) => [false, true].map((verify) => ({ name, swap, verify }))))(
    "that is swapped while it is read makes no target: $name, verified: $verify",
    async ({ swap, verify }) => {
      const { dir, a, b } = await twins();
      await growDirectory(b, join(dir, "expected"), { ...request, verify });
      const target = join(dir, "x");
      let swapped = false;
      const onProgress = ({ done }: { done: number }) => {
        if (done < 2_000_000 || swapped) return;
        swapped = true;
        swap(b, a);
      };
      const error = await refusal(() => growDirectory(a, target, { ...request, verify, onProgress }));
      expect(error.code).toMatch(/^E_GROWTH_(CHANGED|VERIFY)$/);
      expect(readdirSync(dir)).not.toContain("x");
      await growDirectory(a, target, { ...request, verify });
      expect(files(target)).toEqual(files(join(dir, "expected")));
    },
  );

  it("may have its mode changed, a link made to it, its folder moved: these are no other weights", async () => {
    const { dir, a } = await twins();
    await growDirectory(a, join(dir, "expected"), request);
    await begin(a, join(dir, "x"), 2_200_000);
    renameSync(a, join(dir, "moved"));
    chmodSync(join(dir, "moved", weights), 0o600);
    let seen = 0;
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === "write" && seen === 0) seen = done;
      if (phase === "write" && done > 3_000_000) linkSync(join(dir, "moved", weights), join(dir, `link-${done}`));
    };
    await growDirectory(join(dir, "moved"), join(dir, "x"), { ...request, onProgress });
    expect(seen).toBeGreaterThan(500_000);
    expect(files(join(dir, "x"))).toEqual(files(join(dir, "expected")));
  });

  it("whose config or tokenizer is written to meanwhile makes no target", async () => {
    for (const name of ["config.json", "tokenizer.json"]) {
      const { dir, a } = await twins();
      writeFileSync(join(a, "tokenizer.json"), "{}");
      const onReport = () => writeFileSync(join(a, name), `${readFileSync(join(a, name), "utf8")} `);
      const error = await refusal(() => growDirectory(a, join(dir, "x"), { ...request, onReport }));
      expect([error.code, error.format()]).toEqual(["E_GROWTH_CHANGED", expect.stringContaining(name)]);
    }
  });
});

describe("what an earlier attempt left", () => {
  it.each([0, 9000, 800_000])("and was changed since is not published: byte %i", async (at) => {
    const { dir, a } = await twins();
    for (const verify of [false, true]) {
      await growDirectory(a, join(dir, `expected-${verify}`), { ...request, verify });
      const target = join(dir, `x-${verify}`);
      await begin(a, target);
      const scratch = join(dir, `.x-${verify}.growing`);
      const first = readdirSync(scratch).find((name) => name.startsWith("model-00001")) as string;
      flip(join(scratch, first), at);
      await growDirectory(a, target, { ...request, verify });
      expect(files(target)).toEqual(files(join(dir, `expected-${verify}`)));
    }
  });

  it("counts as far as its journal is whole: cut or changed at any place, it ends in the same bytes", async () => {
    const { dir, a } = await twins();
    await growDirectory(a, join(dir, "expected"), request);
    const target = join(dir, "x");
    const journal = join(dir, ".x.growing.json");
    await begin(a, target);
    const { size } = statSync(journal);
    const scratch = join(dir, ".x.growing");
    renameSync(scratch, join(dir, "kept"));
    const text = readFileSync(journal);
    for (let i = 0; i <= 8; i++) {
      for (const harm of ["cut", "flip", "zero"] as const) {
        const at = Math.min(size - 1, Math.floor((i * size) / 8));
        rmSync(target, { recursive: true, force: true });
        mkdirSync(scratch);
        for (const name of readdirSync(join(dir, "kept"))) copyFileSync(join(dir, "kept", name), join(scratch, name));
        if (harm === "cut") writeFileSync(journal, text.subarray(0, at));
        else writeFileSync(journal, text.with(at, harm === "zero" ? 0 : (text[at] as number) ^ 4));
        await growDirectory(a, target, request);
        expect(files(target), `${harm} at ${at}`).toEqual(files(join(dir, "expected")));
      }
    }
  });

  it("that is no growth's is named, and untouched", async () => {
    const { dir, a } = await twins();
    const scratch = join(dir, ".x.growing");
    const precious = join(dir, "precious");
    mkdirSync(precious);
    writeFileSync(join(precious, "model.safetensors"), "mine");
    const folder = (): string => {
      mkdirSync(scratch);
      return scratch;
    };
    const make: [() => void, string][] = [
      [() => writeFileSync(scratch, "mine"), scratch],
      [() => symlinkSync(precious, scratch), scratch],
      [() => symlinkSync(join(dir, "nowhere"), scratch), scratch],
      [() => writeFileSync(join(folder(), "thesis.tex"), "mine"), "thesis.tex"],
      [() => symlinkSync(precious, join(folder(), "config.json")), "config.json"],
    ];
    for (const [there, name] of make) {
      there();
      const error = await refusal(() => growDirectory(a, join(dir, "x"), request));
      expect(error.code).toBe("E_GROWTH_LEFTOVER");
      expect(error.format()).toContain(name);
      expect(readdirSync(precious)).toEqual(["model.safetensors"]);
      rmSync(scratch, { recursive: true });
    }
    expect(readFileSync(join(precious, "model.safetensors"), "utf8")).toBe("mine");
    mkdirSync(`${scratch}.json`);
    expect((await refusal(() => growDirectory(a, join(dir, "x"), request))).format()).toContain(`${scratch}.json`);
  });

  it("of a source that was changed since is built anew, but a stranger's file there is named, and untouched", async () => {
    const { dir, a } = await twins();
    const scratch = join(dir, ".x.growing");
    for (const [name, mine] of [
      ["thesis.tex", true],
      ["notes/model.txt", true],
      ["model-00009-of-00009.safetensors", false],
    ] as const) {
      await begin(a, join(dir, "x"));
      const path = join(scratch, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "mine");
      appendFileSync(join(a, "config.json"), " ");
      if (mine) {
        const error = await refusal(() => growDirectory(a, join(dir, "x"), request));
        expect([error.code, error.format()]).toEqual(["E_GROWTH_LEFTOVER", expect.stringContaining(dirname(path))]);
        expect(readFileSync(path, "utf8")).toBe("mine");
        rmSync(join(scratch, name.split("/")[0] as string), { recursive: true });
      }
      expect((await growDirectory(a, join(dir, "x"), request)).state).toBe("done");
      rmSync(join(dir, "x"), { recursive: true });
    }
  });

  it("is not written through one more name of another file", async () => {
    const { dir, a } = await twins();
    await growDirectory(a, join(dir, "expected"), request);
    await begin(a, join(dir, "x"));
    const scratch = join(dir, ".x.growing");
    const before = files(a);
    for (const name of readdirSync(scratch).filter((name) => name.endsWith(".safetensors"))) {
      rmSync(join(scratch, name));
      linkSync(join(a, weights), join(scratch, name));
    }
    await growDirectory(a, join(dir, "x"), request);
    expect(files(a)).toEqual(before);
    expect(files(join(dir, "x"))).toEqual(files(join(dir, "expected")));
  });
});
