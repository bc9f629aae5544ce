/** Decides whether a code point belongs to a class. */
export type CharSet = (code: number) => boolean;

const isDigit: CharSet = (c) => c >= 48 && c <= 57;
const isSpace: CharSet = (c) => c === 32 || (c >= 9 && c <= 13);
const isLower: CharSet = (c) => c >= 97 && c <= 122;
const isUpper: CharSet = (c) => c >= 65 && c <= 90;
const isWord: CharSet = (c) => isDigit(c) || isLower(c) || isUpper(c) || c === 95;
const isHorizontal: CharSet = (c) =>
  c === 32 || c === 9 || c === 0xa0 || c === 0x1680 || c === 0x180e ||
  (c >= 0x2000 && c <= 0x200a) || c === 0x202f || c === 0x205f || c === 0x3000;
const isVertical: CharSet = (c) =>
  (c >= 10 && c <= 13) || c === 0x85 || c === 0x2028 || c === 0x2029;

/** Java's line ends: what `.` does not match. */
export const isLineEnd: CharSet = (c) =>
  c === 10 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029;

/** `\w`, for word boundaries. */
export const isWordChar: CharSet = isWord;

/** Everything that the set does not hold. */
export function negate(set: CharSet): CharSet {
  return (c) => !set(c);
}

/** What at least one of the sets holds. */
export function union(sets: readonly CharSet[]): CharSet {
  return sets.length === 1 ? sets[0]! : (c) => sets.some((set) => set(c));
}

/** What both sets hold. */
export function intersect(left: CharSet, right: CharSet): CharSet {
  return (c) => left(c) && right(c);
}

/** The code points from `first` to `last`; with `folds`, ASCII letters in either case. */
export function range(first: number, last: number, folds: boolean): CharSet {
  if (!folds) return first === last ? (c) => c === first : (c) => c >= first && c <= last;
  const inside: CharSet = (c) => c >= first && c <= last;
  return (c) => inside(c) || (isUpper(c) && inside(c + 32)) || (isLower(c) && inside(c - 32));
}

const shorthands: Readonly<Record<string, CharSet>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  h: isHorizontal,
  v: isVertical,
};

/** The set of `\d`, `\W` and the like; undefined for any other letter. */
export function shorthand(letter: string): CharSet | undefined {
  const lower = letter.toLowerCase();
  if (!Object.hasOwn(shorthands, lower)) return undefined;
  return letter === lower ? shorthands[lower] : negate(shorthands[lower]!);
}

const isPunctuation: CharSet = (c) => c > 32 && c < 127 && !isWord(c) || c === 95;
const posix: Readonly<Record<string, CharSet>> = {
  Lower: isLower,
  Upper: isUpper,
  Alpha: (c) => isLower(c) || isUpper(c),
  Digit: isDigit,
  Alnum: (c) => isLower(c) || isUpper(c) || isDigit(c),
  Punct: isPunctuation,
  Graph: (c) => c > 32 && c < 127,
  Print: (c) => c >= 32 && c < 127,
  Blank: (c) => c === 32 || c === 9,
  Cntrl: (c) => c < 32 || c === 127,
  XDigit: (c) => isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70),
  Space: isSpace,
  ASCII: (c) => c < 128,
};

const categories =
  /^(?:Is)?(L|Lu|Ll|Lt|Lm|Lo|M|Mn|Mc|Me|N|Nd|Nl|No|P|Pc|Pd|Ps|Pe|Pi|Pf|Po|S|Sm|Sc|Sk|So|Z|Zs|Zl|Zp|Alphabetic|White_Space|Latin|Cyrillic|Greek)$/;

/** The set of `\p{name}`: POSIX names, general categories, three scripts; undefined for others. */
export function property(name: string): CharSet | undefined {
  if (Object.hasOwn(posix, name)) return posix[name];
  const category = categories.exec(name)?.[1];
  if (category === undefined) return undefined;
  const isScript = /^(?:Latin|Cyrillic|Greek)$/.test(category);
  const pattern = new RegExp(`^\\p{${isScript ? "Script=" : ""}${category}}$`, "u");
  return (c) => pattern.test(String.fromCodePoint(c));
}
