/** `512 bytes`, `64 kB`, `12 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  if (bytes < 10_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${Math.round(bytes / 1_000_000)} MB`;
}
