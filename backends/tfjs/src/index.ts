// The backend `tfjs`: what it is called, its options, and what it finds on this machine.
import { checkOptions, defineBackend, referenceBackend } from "@cambium/backend";
import { tfjsDevice } from "./device.js";

/** Option `profile` (boolean): record time by op. */
export default defineBackend({
  name: "tfjs",
  async open(options = {}) {
    checkOptions("tfjs", options, { profile: "boolean" });
    return tfjsDevice(await referenceBackend.open(options));
  },
  probe: async () => [{ device: "cpu", available: true, detail: "computes as the reference backend does" }],
});
