// What the browser tests run in a page: tfjs's WebAssembly, handed in.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { backendTfjs, type Tfjs } from "../src/browser.js";

setWasmPaths("/");
// A thread's script is the text of a function of tfjs, which this bundle's names of functions would break.
tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);

export const open = () => backendTfjs({ tf: tf as unknown as Tfjs, backend: "wasm" }).open();
