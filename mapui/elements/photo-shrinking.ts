/** Wide enough to read a number plate; a tenth of what a phone's camera makes. */
const SIDE = 2560;
const LARGE_BYTES = 1.5 * 2 ** 20;

/**
 * Make a large photo smaller before it goes over the air, upright, and without the place
 * that its camera wrote into it. What is small, or cannot be read here, stays as it is.
 */
export async function shrink(file: File): Promise<File> {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const photo = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(photo.width, photo.height));
    if (scale === 1 && file.size <= LARGE_BYTES) {
      photo.close();
      return file;
    }
    const canvas = Object.assign(document.createElement("canvas"), {
      width: Math.round(photo.width * scale),
      height: Math.round(photo.height * scale),
    });
    const pen = canvas.getContext("2d");
    if (!pen) return file;
    // A JPEG has no glass: what can be seen through would turn black.
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(photo, 0, 0, canvas.width, canvas.height);
    photo.close();
    const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!small || small.size >= file.size) return file;
    return new File([small], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  } catch {
    return file;
  }
}
