/** Where a JPEG keeps what its camera wrote. */
const APP1 = 0xffe1;
const ORIENTATION = 0x0112;
/** A photo's own header is not longer than this. */
const HEAD_BYTES = 128 * 1024;

/**
 * Give a photo that was made smaller back what its camera wrote into it: when and where it
 * was taken is what proves a piece of work. It stands upright already, so that is set right.
 * What cannot be read is left out.
 */
export async function keptExif(whole: File, small: File): Promise<File> {
  if (whole === small || whole.type !== "image/jpeg" || small.type !== "image/jpeg") return small;
  try {
    const written = find(new DataView(await whole.slice(0, HEAD_BYTES).arrayBuffer()));
    if (!written) return small;
    setUpright(new DataView(written.buffer, written.byteOffset, written.byteLength));
    const pixels = await small.arrayBuffer();
    return new File([pixels.slice(0, 2), written, pixels.slice(2)], small.name, { type: "image/jpeg" });
  } catch {
    return small;
  }
}

/** The segment with its marker, copied. */
function find(head: DataView): Uint8Array<ArrayBuffer> | null {
  let at = 2;
  while (at + 10 < head.byteLength && head.getUint8(at) === 0xff) {
    const length = head.getUint16(at + 2);
    const isExif = head.getUint16(at) === APP1 && head.getUint32(at + 4) === 0x45786966;
    if (isExif && at + 2 + length <= head.byteLength) {
      const copy = new Uint8Array(2 + length);
      copy.set(new Uint8Array(head.buffer, head.byteOffset + at, 2 + length));
      return copy;
    }
    at += 2 + length;
  }
  return null;
}

function setUpright(segment: DataView): void {
  const start = 10; // Marker, length, "Exif" and two noughts.
  const little = segment.getUint16(start) === 0x4949;
  const table = start + segment.getUint32(start + 4, little);
  const count = segment.getUint16(table, little);
  for (let turn = 0; turn < count; turn++) {
    const entry = table + 2 + turn * 12;
    if (segment.getUint16(entry, little) === ORIENTATION) segment.setUint16(entry + 8, 1, little);
  }
}
