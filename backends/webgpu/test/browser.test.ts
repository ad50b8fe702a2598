// The WebGPU backend passes the conformance suite in Chromium, on the same SwiftShader as in Node.
import { join } from "node:path";
import { describeBackendInPage } from "@cambium/browser/vitest";

describeBackendInPage({ name: "webgpu", entry: join(import.meta.dirname, "conformance-page.ts") });
