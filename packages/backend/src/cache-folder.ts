// Where the user's caches are. It needs nothing of Node, so bundles for browsers contain nothing of Node.

interface System {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The folder of Cambium's cache `name`, below the system's folder for caches. `$XDG_CACHE_HOME` goes first everywhere; a
 * relative value is ignored, as the XDG base directory specification says.
 * @param home the user's home folder
 */
export function cacheFolder({ platform, env }: System, home: string, name: string): string {
  const given = env["XDG_CACHE_HOME"];
  const isAbsolute = given !== undefined && /^(?:\/|[A-Za-z]:[\\/])/.test(given);
  return `${isAbsolute ? given : systemFolder(platform, env, home)}/cambium/${name}`;
}

function systemFolder(platform: string, env: System["env"], home: string): string {
  if (platform === "win32") return env["LOCALAPPDATA"] ?? `${home}/AppData/Local`;
  return platform === "darwin" ? `${home}/Library/Caches` : `${home}/.cache`;
}
