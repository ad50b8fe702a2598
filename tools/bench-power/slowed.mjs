// The tfjs backend with one kernel that takes longer: the kernel itself runs, then spins for a share of the processor time
// that it took. Options: `kernel` (default Transpose), `percent` (default 0), and those of tfjs.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import tfjs from "@cambium/backend-tfjs";

const tf = createRequire(fileURLToPath(import.meta.resolve("@cambium/backend-tfjs")))("@tensorflow/tfjs-core");

export default {
  ...tfjs,
  name: "slowed",
  async open({ kernel = "Transpose", percent = 0, ...options } = {}) {
    const device = await tfjs.open(options);
    // All copies of tfjs-core share one registry, where engines look a kernel up each time they run it.
    const found = tf.getKernel(kernel, tf.getBackend());
    tf.unregisterKernel(kernel, tf.getBackend());
    tf.registerKernel({ ...found, kernelFunc: (given) => slowed(() => found.kernelFunc(given), percent) });
    return device;
  },
};

function slowed(run, percent) {
  const before = process.cpuUsage();
  const result = run();
  const end = used(before) * (1 + percent / 100);
  while (used(before) < end);
  return result;
}

/** Microseconds of processor time since then, of all threads. */
function used(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
