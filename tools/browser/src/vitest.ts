// The conformance suite for backends in a page: cases are listed here and run there one by one, each as its own test.
import { type ConformanceCase, type ConformancePart, conformanceCases } from "@cambium/backend/conformance/cases";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { openChromium } from "./chromium.js";
import { openPage, type PageSession } from "./page.js";

export interface DescribeInPageOptions {
  /** Title of the suite. */
  readonly name: string;
  /** TypeScript file that exports `open(): Promise<Device>`. */
  readonly entry: string;
  /** Parts to run; default all. */
  readonly parts?: readonly ConformancePart[];
  /** Further files the page may fetch: URL path → path on disk. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Declares the conformance tests of a backend as they run in a browser: all on one device, as `describeBackend` does.
 * @example describeBackendInPage({ name: "webgpu", entry: join(import.meta.dirname, "page.ts") });
 */
export function describeBackendInPage({ name, entry, parts, files = {} }: DescribeInPageOptions): void {
  describe(`${name} conforms in a browser`, () => {
    let browser: Browser | undefined;
    let page: PageSession;
    beforeAll(async () => {
      browser = await openChromium();
      page = await openPage(browser, { entry, wrapper: caseRunner, files, onConsole: (line) => console.log(line) });
      await page.call("openDevice", parts);
    }, 120_000);
    afterAll(async () => {
      await page?.call("closeDevice");
      await browser?.close();
    });
    conformanceCases(parts).forEach((one: ConformanceCase, index) => {
      test(`${one.part}: ${one.name}`, () => page.call<void>("runCaseAt", index, one.name));
    });
  });
}

const caseRunner = `
import { conformanceCases, runCase } from "@cambium/backend/conformance/cases";
import { open } from "entry";

let [device, cases] = [undefined, []];

export async function openDevice(parts) {
  device = await open();
  cases = conformanceCases(parts ?? undefined);
}

export async function runCaseAt(index, name) {
  if (cases[index]?.name !== name) throw new Error("the page has other cases");
  await runCase(cases[index], device, open);
}

export async function closeDevice() {
  await device?.close();
}
`;
