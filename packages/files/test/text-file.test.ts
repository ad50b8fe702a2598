// Reading small text files whose path may be anything.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readTextFile, readTextFileIfThere } from "../src/index.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cambium-text-file-"));
});
afterEach(() => rm(dir, { recursive: true }));

const failure = (path: string, maxBytes?: number) =>
  readTextFile(path, maxBytes).then(
    () => expect.fail("it was read"),
    (error: { code: string; details: { where?: string; got?: string } }) => error,
  );

describe("a text file", () => {
  test("is read whole, without its byte order mark", async () => {
    writeFileSync(join(dir, "a"), "\uFEFFSatz\nörtlich");
    expect(await readTextFile(join(dir, "a"))).toBe("Satz\nörtlich");
    symlinkSync("a", join(dir, "link"));
    expect(await readTextFile(join(dir, "link"))).toBe("Satz\nörtlich");
  });

  test("may have as many bytes as are allowed, and no more", async () => {
    writeFileSync(join(dir, "a"), "0123456789");
    expect(await readTextFile(join(dir, "a"), 10)).toBe("0123456789");
    expect(await failure(join(dir, "a"), 9)).toMatchObject({ code: "E_TOO_LARGE", details: { got: "10 bytes" } });
  });

  test("that is sparse and huge is refused before it fills the memory", async () => {
    writeFileSync(join(dir, "a"), "");
    truncateSync(join(dir, "a"), 2 ** 40);
    expect((await failure(join(dir, "a"))).code).toBe("E_TOO_LARGE");
  });

  test("that reports a size of 0 is limited by the bytes that are read", async () => {
    expect((await readTextFile("/proc/self/status")).length).toBeGreaterThan(0);
    expect((await failure("/proc/self/status", 16)).code).toBe("E_TOO_LARGE");
  });

  test("that is not text is refused by name", async () => {
    writeFileSync(join(dir, "a"), Uint8Array.of(0x61, 0xff));
    expect(await failure(join(dir, "a"))).toMatchObject({ code: "E_UTF8", details: { where: join(dir, "a") } });
  });

  test("that does not exist is undefined, or an error", async () => {
    expect(await readTextFileIfThere(join(dir, "none"))).toBeUndefined();
    expect((await failure(join(dir, "none"))).code).toBe("E_NOT_FOUND");
    mkdirSync(join(dir, "folder"));
    await expect(readTextFileIfThere(join(dir, "folder"))).rejects.toMatchObject({ code: "E_NOT_A_FILE" });
  });
});

describe("anything in place of a file is named at once", () => {
  test("a named pipe that nobody writes to", async () => {
    execFileSync("mkfifo", [join(dir, "pipe")]);
    expect(await failure(join(dir, "pipe"))).toMatchObject({ code: "E_NOT_A_FILE", details: { got: "a named pipe" } });
  });

  test("a folder, a device", async () => {
    expect(await failure(dir)).toMatchObject({ code: "E_NOT_A_FILE", details: { got: "a folder" } });
    expect(await failure("/dev/zero")).toMatchObject({ code: "E_NOT_A_FILE", details: { got: "a device" } });
  });

  test("a socket", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, "socket"), resolve));
    try {
      expect((await failure(join(dir, "socket"))).code).toBe("E_NOT_A_FILE");
    } finally {
      server.close();
    }
  });
});
