// The entry `./setup`, which `cambium setup tfjs` calls.
import { defineSetup } from "@cambium/backend";
import { options } from "./request.js";
import { remove, setUp } from "./run.js";

export default defineSetup({
  summary: "Builds the native part of @tensorflow/tfjs-node from its own sources, over the TensorFlow of PyPI's wheel.",
  options,
  examples: [
    "cambium setup tfjs",
    "cambium setup tfjs --cuda",
    "cambium setup tfjs --wheel ./tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl",
    "cambium setup tfjs --libtensorflow /opt/libtensorflow",
    "cambium setup tfjs --remove",
  ],
  setup: (given, host) => setUp(given, host, import.meta.url),
  remove,
});
