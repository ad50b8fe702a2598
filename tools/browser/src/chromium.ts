// A headless Chromium with WebGPU that needs nothing but npm packages: browser, drivers, libraries and a font.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { unpacked } from "./unpack.js";

export type { Browser } from "playwright-core";

export interface ChromiumOptions {
  /** What computes: SwiftShader on the CPU (default), or the GPU that the machine's own Vulkan driver offers. */
  readonly adapter?: "swiftshader" | "system";
}

/** Opens a browser; close it with `close()`. It dies with this process. */
export async function openChromium({ adapter = "swiftshader" }: ChromiumOptions = {}): Promise<Browser> {
  const folder = await unpacked("chromium", ["chromium", "swiftshader.tar", "al2023.tar", "fonts.tar"]);
  const software = adapter === "swiftshader";
  const driver = join(folder, "vk_swiftshader_icd.json");
  const libraries = [join(folder, "lib"), folder, process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
  return chromium.launch({
    executablePath: join(folder, "chromium"),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: software ? libraries : join(folder, "lib"),
      FONTCONFIG_FILE: await fontConfig(folder),
      ...(software && { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver }),
    },
    args: [
      "--no-sandbox",
      "--enable-unsafe-webgpu",
      // Exact timestamps, not rounded to 100 µs.
      "--enable-webgpu-developer-features",
      "--enable-features=Vulkan",
      ...(software ? ["--use-webgpu-adapter=swiftshader"] : ["--ignore-gpu-blocklist", "--use-angle=vulkan"]),
    ],
  });
}

/** The archive's own fonts.conf names folders of a cloud function; this one names the folder of the font. */
async function fontConfig(folder: string): Promise<string> {
  const path = join(folder, "fonts-here.conf");
  const text = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, "fonts")}</dir><cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>
`;
  if (current(path) !== text) await writeFile(path, text);
  return path;
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
