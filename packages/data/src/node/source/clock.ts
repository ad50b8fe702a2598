// How finely file times tell changes apart.

/**
 * Milliseconds. A file changed twice within the resolution of the disk's clock (2 s on FAT) looks unchanged, so nothing
 * is cached about a file that changed less than this ago.
 */
export const clockGrainMs = 2500;
