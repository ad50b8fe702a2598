// The entry `./setup`, which `cambium setup torch` calls: makes a virtual environment with torch and transformers.
import { defineSetup } from "@cambium/backend";
import { remove, setUp } from "./run.js";

export default defineSetup({
  summary: "Make a Python environment with torch and transformers, in versions that the engine was checked with.",
  options: [
    { name: "python", value: "path", description: "the Python to make the environment with (default: python3)" },
    {
      name: "index-url",
      value: "url",
      description: "another index for pip, e.g. of wheels for CPUs: https://download.pytorch.org/whl/cpu",
    },
  ],
  examples: ["cambium setup torch", "cambium setup torch --python /usr/bin/python3.12", "cambium setup torch --remove"],
  setup: setUp,
  remove,
});
