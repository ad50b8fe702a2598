// Projects with fake engine packages and bindings, to test what is reported about each.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { enginePackage, type NodeEngineKind } from "../../src/engines/node-binding-state.js";
import { bindingFolder } from "../../src/setup/cache.js";
import { bindingName, makeManifest, manifestName } from "../../src/setup/manifest.js";

export class Project {
  readonly root = mkdtempSync(join(tmpdir(), "cambium-tfjs-"));
  /** Its own cache folder, as the environment names it; put back by `remove`. */
  readonly #cacheBefore = process.env["XDG_CACHE_HOME"];

  constructor() {
    process.env["XDG_CACHE_HOME"] = join(this.root, "cache");
    this.write("project/package.json", "{}");
  }

  /** From where packages are looked up. */
  get from(): string {
    return join(this.root, "project", "package.json");
  }

  write(path: string, content: string | Uint8Array): string {
    const absolute = join(this.root, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, content);
    return absolute;
  }

  /** Files of an engine's package, by path in it; `package.json` and what a whole one has are filled in. */
  install(kind: NodeEngineKind, version: string, files: Readonly<Record<string, string | null>> = {}): void {
    const name = enginePackage[kind];
    const whole: Record<string, string | null> = {
      "package.json": JSON.stringify({ name, version }),
      "dist/register_all_kernels.js": "",
      "dist/nodejs_kernel_backend.js": "exports.NodeJSKernelBackend = class {};",
      "binding/tfjs_backend.cc": "",
      ...files,
    };
    for (const [path, text] of Object.entries(whole)) {
      if (text !== null) this.write(`project/node_modules/${name}/${path}`, text);
    }
  }

  /** A built binding of that very content, with a manifest that fits it. */
  build(kind: NodeEngineKind, version: string, content: string): string {
    const folder = bindingFolder(enginePackage[kind], version);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, bindingName), content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const manifest = makeManifest({
      package: enginePackage[kind],
      version,
      tensorflow: "2.21.0",
      platform: `${process.platform}-${process.arch}`,
      napi: 8,
      node: process.version,
      compiler: "none",
      source: { kind: "folder", folder },
      files: [{ path: bindingName, bytes: Buffer.byteLength(content), sha256 }],
    });
    writeFileSync(join(folder, manifestName), JSON.stringify(manifest));
    return folder;
  }

  remove(): void {
    if (this.#cacheBefore === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = this.#cacheBefore;
    rmSync(this.root, { recursive: true, force: true });
  }
}
