// A process that the tests harm: `full DIR` and `read-only DIR` run on a tiny file system of their own and print the
// outcome of each write as JSON; `loop DIR` writes until it is killed and prints each number once it is safe.
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostSources, lazySource, loadSnapshot, saveSnapshot, writeModelDirectory } from "@cambium/checkpoint";
import { replaceDirectory, writeFileAtomic } from "@cambium/files";
import { CambiumError, hostTensor } from "@cambium/ir";

const [mode, dir = ""] = process.argv.slice(2);

async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return "succeeded";
  } catch (error) {
    return error instanceof CambiumError ? error : String(error);
  }
}

/** @param late whether the harm comes in the middle of a snapshot, or before it */
async function harmed(harm: () => void, late: boolean): Promise<void> {
  const snapshots = join(dir, "snapshots");
  const tensors = hostSources({ w: hostTensor("f32", [2], [1, 2]) });
  const large = hostTensor("f32", [2 ** 18]);
  await writeFileAtomic(join(dir, "file"), "old");
  await saveSnapshot(snapshots, { tensors, state: "old" });
  if (!late) harm();
  const source = lazySource("w", large, () => {
    if (late) harm();
    return large;
  });
  const results = {
    snapshot: await outcome(() => saveSnapshot(snapshots, { tensors: [source], state: "new" })),
    file: await outcome(() => writeFileAtomic(join(dir, "file"), Buffer.alloc(2 ** 20, 1))),
    model: await outcome(() =>
      writeModelDirectory(join(dir, "model"), { configJson: {}, tensors: hostSources({ large }) }),
    ),
  };
  const loaded = await loadSnapshot(snapshots);
  await loaded?.tensors.close();
  const after = {
    file: readFileSync(join(dir, "file"), "utf8"),
    state: loaded?.state,
    names: readdirSync(dir, { recursive: true }).map(String).sort(),
  };
  console.log(JSON.stringify({ results, after }));
}

async function loop(): Promise<void> {
  for (let n = 1; ; n++) {
    const words = Float32Array.from({ length: 50_000 }, () => n);
    await saveSnapshot(dir, { tensors: hostSources({ w: hostTensor("f32", [50_000], words) }), state: n });
    await writeFileAtomic(join(dir, "file"), String(n).padEnd(100_000, "."));
    await replaceDirectory(join(dir, "folder"), async (scratch) => {
      for (const name of ["a", "b", "c"]) await writeFile(join(scratch, name), String(n));
    });
    writeSync(1, `${n}\n`);
  }
}

if (mode === "loop") await loop();
if (mode === "full") await harmed(fillDisk, true);
// A file system with a file open for writing does not become read-only.
if (mode === "read-only") await harmed(() => execFileSync("mount", ["-o", "remount,ro", dir]), false);

function fillDisk(): void {
  const ballast = openSync(join(dir, "ballast"), "w");
  try {
    for (;;) writeSync(ballast, Buffer.alloc(4096));
  } catch {
    closeSync(ballast);
  }
}
