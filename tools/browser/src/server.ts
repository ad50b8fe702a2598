// Serves one page on 127.0.0.1: an isolated secure context, so that WebGPU and WebAssembly threads are available.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param script the page's module, served as /page.js
 * @param files further files: URL path (with its slash) → path on disk
 */
export async function servePage(script: string, files: Readonly<Record<string, string>> = {}): Promise<PageServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const send = (type: string, body: string) =>
      response.writeHead(200, { ...isolation, "Content-Type": type }).end(body);
    const path = files[pathname];
    if (pathname === "/") send("text/html", "<!doctype html><title>Cambium</title>");
    else if (pathname === "/page.js") send("text/javascript", script);
    else if (path !== undefined) {
      response.writeHead(200, { ...isolation, "Content-Type": types[extname(path)] ?? "application/octet-stream" });
      createReadStream(path)
        .on("error", () => response.destroy())
        .pipe(response);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
