// Atomic writes: the state after success, after failure, and after a kill at any point.
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  mayBeWhole,
  recoverDirectory,
  replaceDirectory,
  replaceFile,
  toFileError,
  writeFileAtomic,
} from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import { scratchId, scratchPath } from "../src/scratch.js";
import { refusal } from "./support/errors.js";
import { tempDir } from "./support/temp.js";

const deadPid = spawnSync(process.execPath, ["-e", ""]).pid;

/** The id of a process of this host that has ended. */
const deadId = () => scratchId().replace(`-${process.pid}-`, `-${deadPid}-`);

async function folder(path: string, content: string): Promise<void> {
  await mkdir(path);
  await writeFile(join(path, "content"), content);
}

const contentOf = (path: string) => readFile(join(path, "content"), "utf8");

function fileError(code: string): Error {
  return Object.assign(new Error(`${code}: no`), { code, syscall: "write", errno: -1 });
}

describe("writeFileAtomic", () => {
  it("creates missing folders, and replaces an old file", async () => {
    const dir = await tempDir();
    const path = join(dir, "a", "b", "file");
    await writeFileAtomic(path, "one");
    await writeFileAtomic(path, Buffer.from("two"));
    expect(await readFile(path, "utf8")).toBe("two");
    expect(await readdir(join(dir, "a", "b"))).toEqual(["file"]);
  });

  it("leaves one complete file and nothing else when many write at once", async () => {
    const dir = await tempDir();
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(texts.map((text) => writeFileAtomic(join(dir, "file"), text)));
    expect(texts).toContain(await readFile(join(dir, "file"), "utf8"));
    expect(await readdir(dir)).toEqual(["file"]);
  });

  it("removes scratch files of dead processes, and only those", async () => {
    const dir = await tempDir();
    const path = join(dir, "file");
    const otherHost = deadId().replace(/^[0-9a-f]{6}/, "000000");
    const kept = [
      scratchPath(path, otherHost, "new"),
      scratchPath(path, scratchId(), "new"),
      join(dir, ".file.mine.new"),
    ];
    for (const left of [...kept, scratchPath(path, deadId(), "new")]) await writeFile(left, "");
    await writeFileAtomic(path, "x");
    expect((await readdir(dir)).map((name) => join(dir, name)).sort()).toEqual([...kept, path].sort());
  });

  it("treats a scratch file of an earlier process with the same pid as stale", async () => {
    const dir = await tempDir();
    const before = scratchId().replace(/-\d{13}-/, "-1000000000000-");
    await writeFile(scratchPath(join(dir, "file"), before, "new"), "");
    await writeFileAtomic(join(dir, "file"), "x");
    expect(await readdir(dir)).toEqual(["file"]);
  });

  it("keeps the old file and reports the bytes needed if the disk fills up", async () => {
    const dir = await tempDir();
    const path = join(dir, "file");
    await writeFile(path, "old");
    const build = async (scratch: string) => {
      await writeFile(scratch, "half");
      throw fileError("ENOSPC");
    };
    const error = await refusal(() => replaceFile(path, build, { neededBytes: 1234 }));
    expect(error.code).toBe("E_DISK_FULL");
    expect(error.details.where).toBe(path);
    expect(error.details.expected).toBe("1234 bytes free");
    expect(error.details.got).toMatch(/^\d+ bytes free$/);
    expect(await readdir(dir)).toEqual(["file"]);
    expect(await readFile(path, "utf8")).toBe("old");
  });
});

describe("replaceDirectory", () => {
  it.each(["nothing", "an empty folder", "a full folder", "a link to a folder"])(
    "puts the new directory over %s",
    async (what) => {
      const dir = await tempDir();
      const path = join(dir, "d");
      if (what === "an empty folder") await mkdir(path);
      if (what === "a full folder") await folder(path, "old");
      if (what === "a link to a folder") {
        await folder(join(dir, "real"), "old");
        await symlink("real", path);
      }
      const result = await replaceDirectory(path, async (scratch) => {
        await folder(join(scratch, "nested"), "deep");
        await writeFile(join(scratch, "content"), "new");
        return 5;
      });
      expect(result).toBe(5);
      expect(await contentOf(path)).toBe("new");
      expect(await contentOf(join(path, "nested"))).toBe("deep");
      expect((await readdir(dir)).sort()).toEqual(what === "a link to a folder" ? ["d", "real"] : ["d"]);
    },
  );

  it("keeps the old directory if the build fails, and names final paths in errors", async () => {
    const dir = await tempDir();
    const path = join(dir, "d");
    await folder(path, "old");
    const failing = (error: (scratch: string) => unknown) => () =>
      replaceDirectory(path, async (scratch) => {
        await writeFile(join(scratch, "content"), "new");
        throw error(scratch);
      });
    const inner = (scratch: string) => toFileError(fileError("EROFS"), join(scratch, "x"));
    expect((await refusal(failing(inner))).details.where).toBe(join(path, "x"));
    expect((await refusal(failing(() => fileError("EDQUOT")))).code).toBe("E_DISK_FULL");
    await expect(failing(() => new TypeError("a bug"))()).rejects.toThrow(TypeError);
    expect(await readdir(dir)).toEqual(["d"]);
    expect(await contentOf(path)).toBe("old");
  });

  it("does not replace a file by a folder", async () => {
    const dir = await tempDir();
    await writeFile(join(dir, "d"), "precious");
    expect((await refusal(() => replaceDirectory(join(dir, "d"), async () => undefined))).code).toBe("E_EXISTS");
    expect(await readFile(join(dir, "d"), "utf8")).toBe("precious");
  });
});

describe("recoverDirectory", () => {
  it.each([
    { left: ["new"], stood: true, gives: "old" },
    { left: ["new", "old"], stood: false, gives: "new" },
    { left: ["old"], stood: false, gives: "old" },
    { left: ["old"], stood: true, gives: "old" },
    { left: ["new"], stood: false, gives: undefined },
  ] as const)("after a kill that left $left (path there: $stood) gives $gives", async ({ left, stood, gives }) => {
    const dir = await tempDir();
    const path = join(dir, "d");
    const id = deadId();
    for (const kind of left) await folder(scratchPath(path, id, kind), kind);
    if (stood) await folder(path, "old");
    await recoverDirectory(path);
    expect(await contentOf(path).catch(() => undefined)).toBe(gives);
    await replaceDirectory(path, (scratch) => writeFile(join(scratch, "content"), "newer"));
    expect(await readdir(dir)).toEqual(["d"]);
    expect(await contentOf(path)).toBe("newer");
  });

  it("leaves a replacement under way in a live process alone", async () => {
    const dir = await tempDir();
    const path = join(dir, "d");
    const id = scratchId();
    for (const kind of ["new", "old"] as const) await folder(scratchPath(path, id, kind), kind);
    await recoverDirectory(path);
    expect(await readdir(dir)).toHaveLength(2);
  });

  it("follows a link whose folder is missing", async () => {
    const dir = await tempDir();
    await symlink("real", join(dir, "link"));
    const id = deadId();
    for (const kind of ["new", "old"] as const) await folder(scratchPath(join(dir, "real"), id, kind), kind);
    await recoverDirectory(join(dir, "link"));
    expect(await contentOf(join(dir, "link"))).toBe("new");
  });
});

describe("toFileError", () => {
  it.each([
    ["ENOSPC", "E_DISK_FULL"],
    ["EDQUOT", "E_DISK_FULL"],
    ["EROFS", "E_READ_ONLY"],
    ["EACCES", "E_PERMISSION"],
    ["ENOENT", "E_NOT_FOUND"],
    ["EMFILE", "E_OPEN_FILES"],
    ["EIO", "E_IO"],
  ])("turns %s into %s with the path", (errno, code) => {
    const error = toFileError(fileError(errno), "/some/path") as CambiumError;
    expect(error).toBeInstanceOf(CambiumError);
    expect([error.code, error.details.where]).toEqual([code, "/some/path"]);
  });

  it.each(["EFBIG", "EIO", "ESTALE", "ENOTCONN", "ENAMETOOLONG", "ELOOP", "EBUSY"])(
    "says what to do about %s",
    (errno) => {
      const { code, summary, details } = toFileError(fileError(errno), "/some/path") as CambiumError;
      expect(code).toBe("E_IO");
      expect(summary).not.toContain(errno);
      expect(details.hint).toBeTruthy();
    },
  );

  it.each([
    ["EACCES", true],
    ["EMFILE", true],
    ["EIO", false],
    ["ENOENT", false],
  ])("says whether after %s the file may be whole: %s", (errno, may) => {
    expect(mayBeWhole(toFileError(fileError(errno), "/some/path") as CambiumError)).toBe(may);
  });

  it("leaves other errors alone", () => {
    const bug = new TypeError("a bug");
    expect(toFileError(bug, "/x")).toBe(bug);
  });
});
