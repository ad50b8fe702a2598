// SwiftShader, Vulkan on the CPU: the same WebGPU adapter for Node on every machine, with or without a GPU.
import { constants } from "node:os";
import { join } from "node:path";
import { unpacked } from "./unpack.js";

interface SwiftShader {
  /** Folder of `libvulkan.so.1`, the driver and its ICD file. */
  readonly folder: string;
  /** Environment in which a child process's WebGPU has SwiftShader as its only adapter. */
  readonly env: Readonly<Record<"LD_LIBRARY_PATH" | "VK_DRIVER_FILES" | "VK_ICD_FILENAMES", string>>;
}

/** glibc's RTLD_NODELETE: a library stays loaded when its handle is closed. Node's constants lack it. */
const keepLoaded = 0x1000;

/** SwiftShader, unpacked. */
export async function swiftShader(): Promise<SwiftShader> {
  const folder = await unpacked("swiftshader", ["swiftshader.tar"]);
  const driver = join(folder, "vk_swiftshader_icd.json");
  return { folder, env: { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver } };
}

/**
 * Makes SwiftShader the only Vulkan driver of this process; call it on the main thread, before WebGPU is first used. No
 * restart with another LD_LIBRARY_PATH is needed: Dawn opens `libvulkan.so.1` by that name, and glibc gives it the
 * library already loaded under it. Node refuses the library as an addon, but by then it is loaded.
 */
export async function useSwiftShader(): Promise<void> {
  const { folder, env } = await swiftShader();
  Object.assign(process.env, { VK_DRIVER_FILES: env.VK_DRIVER_FILES, VK_ICD_FILENAMES: env.VK_ICD_FILENAMES });
  try {
    process.dlopen({ exports: {} }, join(folder, "libvulkan.so.1"), constants.dlopen.RTLD_NOW | keepLoaded);
  } catch (error) {
    if (!/did not self-register/.test(String(error))) throw error;
  }
}
