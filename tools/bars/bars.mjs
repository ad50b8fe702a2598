// The repository's own goals of speed and memory. Each is measured by one run of `cambium bench`, whose arguments are here.

const onnx = "onnx";
const node = "tfjs:engine=node";
const bf16 = "tfjs:engine=node@bf16";
const pytorch = ["torch", "torch-compile", "torch-bf16", "torch-compile-bf16"];

/**
 * @typedef {object} Goal
 * @property {string} title what is compared
 * @property {string[]} [ours] `ratio`: the fastest of these …
 * @property {string[]} [theirs] … over the fastest of these, at least `least` times as fast in each case
 * @property {number} [least]
 * @property {number} [own] instead: a process of these takes at most 1.25 times the bytes that the IR counts for a step, and
 * these bytes, which its runtime takes without a model
 * @property {true} [agrees] that each row counts instead: what the suite itself requires
 * @property {[string, string]} [cases] the case with the first word takes at most `most` times the seconds of the second's
 * @property {number} [most]
 */

/**
 * @typedef {object} Bar
 * @property {string} name
 * @property {string[]} bench arguments of `cambium bench`
 * @property {string[]} [peers]
 * @property {true} [software] on WebGPU's software adapter
 * @property {Goal[]} goals
 */

/** @type {readonly Bar[]} */
export const bars = [
  {
    name: "train",
    bench: ["--suite", "train", "--backend", [onnx, node, bf16].join(), "--rounds", "4"],
    peers: pytorch,
    goals: [
      { title: "onnx in f32 over PyTorch eager", ours: [onnx], theirs: ["torch"], least: 2 },
      {
        title: "the fastest of ours over PyTorch's fastest",
        ...{ ours: [onnx, node, bf16], theirs: pytorch, least: 1 },
      },
      { title: "onnx's memory over what a step counts", ours: [onnx], own: 250e6 },
      { title: "tfjs-node's memory over what a step counts", ours: [node, bf16], own: 450e6 },
    ],
  },
  {
    name: "tfjs",
    bench: ["--suite", "train", "--backend", node, "--case", "6Lx128,6Lx256", "--rounds", "4"],
    peers: ["tfjs"],
    goals: [
      { title: "tfjs-node over the same model by hand in TensorFlow.js", ours: [node], theirs: ["tfjs"], least: 1 },
    ],
  },
  {
    name: "grow",
    bench: ["--suite", "grow", "--backend", "none", "--rounds", "5"],
    peers: ["mergekit", "cp"],
    goals: [
      { title: "growing on disk over mergekit", ours: ["cambium"], theirs: ["mergekit"], least: 8 },
      { title: "growing on disk over cp -r of the result", ours: ["cambium"], theirs: ["cp"], least: 0.9 },
    ],
  },
  {
    name: "webgpu",
    bench: ["--suite", "step", "--backend", "none", "--case", "2Lx64,4Lx128", "--rounds", "4"],
    peers: ["cambium-page", "jax-js"],
    goals: [{ title: "WebGPU in a page over jax-js", ours: ["cambium-page"], theirs: ["jax-js"], least: 3 }],
  },
  {
    name: "first-step",
    bench: ["--suite", "compile", "--backend", "none", "--case", "3Lx128,6Lx128"],
    peers: ["cambium-page", "jax-js"],
    goals: [
      {
        title: "first step in a page, compiling included, over jax-js",
        ours: ["cambium-page"],
        theirs: ["jax-js"],
        least: 2,
      },
    ],
  },
  {
    name: "soak",
    bench: ["--suite", "soak", "--backend", onnx],
    goals: [{ title: "1,000 steps within limits of memory, tensors and the event loop", agrees: true }],
  },
  {
    name: "memory",
    bench: ["--suite", "memory", "--backend", onnx],
    goals: [{ title: "memory within 15 % of what plan predicts", agrees: true }],
  },
  {
    name: "switch",
    bench: ["--suite", "switch", "--backend", `${onnx},webgpu`],
    software: true,
    goals: [{ title: "growing in training over a step of the grown model", cases: ["switch", "step"], most: 2 }],
  },
  {
    name: "generate",
    bench: ["--suite", "generate-large", "--backend", onnx, "--rounds", "4"],
    peers: ["transformers"],
    goals: [{ title: "generating over transformers", ours: [onnx], theirs: ["transformers"], least: 2 }],
  },
];
