// Cambium's version, as its run directories record it.
import packageJson from "../package.json" with { type: "json" };

export const version: string = packageJson.version;
