let known: Record<string, string> | undefined;

/** A sentence of the page, in its reader's language, with what stands in braces filled in. */
export function say(name: string, filled: Record<string, string | number> = {}): string {
  known ??= JSON.parse(document.getElementById("filing-words")?.textContent ?? "{}") as Record<string, string>;
  return (known[name] ?? "").replace(/\{(\w+)\}/g, (_, each: string) => String(filled[each] ?? ""));
}

/** Letters alone, so that what is typed without diacritics finds what is written with them. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase().trim();
}

/** Whether each word that was typed stands in a text. */
export function finds(typed: string, text: string): boolean {
  const words = plain(text);
  return plain(typed).split(/\s+/).every((each) => words.includes(each));
}

/**
 * Those whose text has the words as they stand, or else each at the start of a word, or else
 * anywhere: “o ga” is a pothole (ổ gà) before it is any gully (hố ga).
 */
export function likeliest<T>(typed: string, all: T[], text: (each: T) => string): T[] {
  const spoken = (said: string) => plain(said).replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const sought = spoken(typed).split(" ");
  const texts = all.map((each) => ` ${spoken(text(each))} `);
  const those = (holds: (said: string) => boolean) => all.filter((_each, turn) => holds(texts[turn] ?? ""));
  const phrase = those((said) => said.includes(` ${sought.join(" ")}`));
  if (phrase.length) return phrase;
  const begun = those((said) => sought.every((word) => said.includes(` ${word}`)));
  return begun.length ? begun : those((said) => sought.every((word) => said.includes(word)));
}
