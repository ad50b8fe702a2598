// Growth of training states on the device, against the host's.
import { useSwiftShader } from "@cambium/browser";
import { describeGrowth } from "@cambium/grow/conformance";
import { vi } from "vitest";
import backend from "../src/index.js";

await useSwiftShader();
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
describeGrowth(backend);
