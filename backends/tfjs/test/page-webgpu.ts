// What the browser tests run in a page: tfjs on WebGPU, as the backend itself loads it.
import backend from "../src/browser.js";

export const open = () => backend.open({ engine: "webgpu" });
