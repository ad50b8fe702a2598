// A page has WebGPU on SwiftShader and is isolated; data and errors get through; Node's modules do not get in.
import { rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundlePage, openChromium, openPage, type PageSession, runInPage } from "../src/index.js";
import { unpacked } from "../src/unpack.js";
import { describeBackendInPage } from "../src/vitest.js";

const entry = join(import.meta.dirname, "page.ts");

describe("a page", () => {
  const lines: string[] = [];
  let browser: Browser;
  let page: PageSession;
  beforeAll(async () => {
    browser = await openChromium();
    const files = { "/source": entry };
    page = await openPage(browser, { entry, files, onConsole: (line) => lines.push(line) });
  }, 60_000);
  afterAll(() => browser.close());

  test("is isolated, has SwiftShader's adapter, and says on the console what the module says", async () => {
    expect(await page.call("environment", "good day")).toEqual({
      crossOriginIsolated: true,
      architecture: "swiftshader",
    });
    expect(lines).toContain("good day");
  });

  test("fetches the files it was given, and no others", async () => {
    expect(await page.call("fetchText", "/source")).toContain("What the tests of this room run");
    expect(await page.call("fetchText", "/etc/passwd")).toBe("");
  });

  test("passes an error on with all its fields", async () => {
    const error = await page.call("refuse").catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "E_TEST",
      message: expect.stringMatching(/refused in the page\n {2}try: nothing/),
    });
    await expect(page.call("absent")).rejects.toThrow("exports no function absent");
  });
});

test("a page with a browser of its own returns, and closes both when it throws", { timeout: 60_000 }, async () => {
  expect(await runInPage({ entry, call: "environment", args: ["hello"] })).toMatchObject({ crossOriginIsolated: true });
  await expect(runInPage({ entry, call: "refuse" })).rejects.toThrow("refused in the page");
});

test("a built-in of Node in a bundle is refused, and its importer named", async () => {
  const bad = join(import.meta.dirname, "page-with-node.ts");
  await expect(bundlePage({ entry: bad })).rejects.toThrow(/page-with-node\.ts.*node:fs/);
});

test("racing processes unpack one folder between them and leave no scratch folder", async () => {
  const name = `race-${process.pid}`;
  const folders = await Promise.all([1, 2, 3].map(() => unpacked(name, ["swiftshader.tar"])));
  const folder = folders[0] as string;
  try {
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(folder)).toContain("libvulkan.so.1");
    const siblings = await readdir(dirname(folder));
    expect(siblings.filter((one) => one.startsWith(name))).toEqual([basename(folder)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describeBackendInPage({ name: "reference", entry, parts: ["contract"] });
