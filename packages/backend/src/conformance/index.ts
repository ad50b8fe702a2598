// describeBackend: the conformance suite for vitest, or any runner with the same four functions.
import * as vitest from "vitest";
import type { Backend, BackendOptions, Device } from "../contract.js";
import { assertRejects, assertThat } from "./agree.js";
import { type ConformanceCase, type ConformancePart, conformanceCases, conformanceParts, runCase } from "./cases.js";

export * from "./cases.js";

/** Cases to skip, and the reason, which is shown in the test's name. */
export type Skip = ({ readonly op: string } | { readonly test: string }) & { readonly reason: string };

/** What the suite needs from a test runner. In node:test only the hooks have other names. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  test: { (name: string, body: () => Promise<void>): unknown; skip(name: string, body?: () => void): unknown };
  beforeAll(body: () => Promise<void>): unknown;
  afterAll(body: () => Promise<void>): unknown;
}

export interface DescribeOptions {
  /** Title of the suite. Default: the backend's name. */
  readonly name?: string;
  /** Options that a `Backend` is opened with. */
  readonly open?: BackendOptions;
  /** Parts to run. Default: all. Without `values`, the device need not compute anything. */
  readonly parts?: readonly ConformancePart[];
  /** Skips every case of an op, or the one case with that name. A skip that matches no case is itself a failure. */
  readonly skip?: readonly Skip[];
  /** More cases, such as kept ones (`keptCase`). */
  readonly cases?: readonly ConformanceCase[];
  readonly api?: TestApi;
}

/**
 * Declares the conformance tests of a backend, or of the devices that a function opens. Each case is one test; all run
 * on one device, and each fails if it leaves a tensor or an executable behind.
 * @example describeBackend(backend, { skip: [{ op: "sin", reason: "the driver's sine is good to 2^-11 only" }] });
 */
export function describeBackend(make: Backend | (() => Promise<Device>), options: DescribeOptions = {}): void {
  const { parts = conformanceParts, skip = [], api = vitest } = options;
  const open = typeof make === "function" ? make : () => make.open(options.open ?? {});
  const name = options.name ?? (typeof make === "function" ? "a device" : make.name);
  const cases = [...conformanceCases(parts), ...(options.cases ?? [])];
  api.describe(`${name} conforms`, () => {
    let device: Device;
    api.beforeAll(async () => {
      device = await open();
    });
    api.afterAll(() => device.close());
    for (const one of cases) {
      const skipped = skip.find((entry) => ("op" in entry ? entry.op === one.op : entry.test === one.name));
      if (skipped) api.test.skip(`${one.part}: ${one.name} — skipped: ${skipped.reason}`);
      else api.test(`${one.part}: ${one.name}`, () => runCase(one, device, open));
    }
    api.test("every skip matches a case", async () => {
      const idle = skip.filter(
        (entry) => !cases.some((one) => ("op" in entry ? entry.op === one.op : entry.test === one.name)),
      );
      assertThat(idle.length === 0, `no case for: ${idle.map((entry) => JSON.stringify(entry)).join(", ")}`);
    });
    if (typeof make !== "function") declareOpening(make, api);
  });
}

function declareOpening(backend: Backend, api: TestApi): void {
  api.test("contract: an unknown option is refused: E_BACKEND_OPTION", () =>
    assertRejects(backend.open({ "no such option": true }), "E_BACKEND_OPTION", "no such option"),
  );
  api.test("contract: probe lists the devices, with a fix for those that are not available", async () => {
    const found = await backend.probe();
    assertThat(found.length > 0, "probe must list at least one device, even if none is available");
    const silent = found.filter(
      ({ device, detail, available, fix }) => device === "" || detail === "" || (!available && !fix),
    );
    assertThat(
      silent.length === 0,
      `these lack a device, a detail or a fix: ${silent.map(({ device }) => device).join(", ")}`,
    );
  });
}
