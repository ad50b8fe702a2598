// The entry `./setup`, which `cambium setup torch` calls: makes a virtual environment with torch and transformers.
import { defineSetup } from "@cambium/backend";
import { remove, setUp } from "./run.js";

export default defineSetup({
  summary: "Make a Python environment with torch and transformers, in versions that the engine was checked with.",
  options: [
    { name: "python", value: "path", description: "the Python to make the environment with (default: python3)" },
    { name: "index-url", value: "url", description: "where pip finds torch, e.g. PyTorch's own index of CPU wheels" },
  ],
  examples: ["cambium setup torch", "cambium setup torch --python /usr/bin/python3.12", "cambium setup torch --remove"],
  setup: setUp,
  remove,
});
