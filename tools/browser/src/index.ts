// A Chromium with WebGPU on any Linux machine, and pages in it that run TypeScript; software adapters for WebGPU in Node.
export { bundleForNode, bundlePage } from "./bundle.js";
export { type Browser, openChromium } from "./chromium.js";
export { useLavapipe } from "./lavapipe.js";
export { openPage, type PageSession, runInPage } from "./page.js";
export { swiftShader, useSwiftShader } from "./swiftshader.js";
