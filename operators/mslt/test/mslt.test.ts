// The preset through the conformance suite, and compared with the operator it is of. Generated from operators/presets.mjs.
import { describePreset } from "@cambium/growth/conformance";
import of from "@cambium/operator-append-top";
import preset from "../src/index.js";

describePreset(preset, { of, options: { frozen: true } });
