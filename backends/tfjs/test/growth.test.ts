// Growth of training states on the device, against the host's.
import { describeGrowth } from "@cambium/grow/conformance";
import backend from "../src/index.js";

for (const engine of ["wasm", "cpu"]) describeGrowth(() => backend.open({ engine }));
