/** A zone that was read: its offset and where its text ends. */
interface ZoneMatch {
  readonly offsetMinutes: number;
  readonly end: number;
}

/** Hours of abbreviations that mean one offset in mails and feeds, which Java knows too. */
const abbreviations: Readonly<Record<string, number>> = {
  ...{ UTC: 0, WET: 0, WEST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, MSK: 3 },
  ...{ EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 },
};

/** `+0200`, `GMT+02:00`, `GMT` or an abbreviation, for the letters z and Z. */
export function readZone(text: string, at: number): ZoneMatch | undefined {
  const sign = signAt(text, at);
  if (sign !== 0) return readOffset(text, at + 1, sign, /(\d\d)(\d\d)/y);
  if (/^gmt/i.test(text.slice(at, at + 3))) {
    const signAfter = signAt(text, at + 3);
    return signAfter === 0
      ? { offsetMinutes: 0, end: at + 3 }
      : readOffset(text, at + 4, signAfter, /(\d\d?):(\d\d)/y);
  }
  for (let length = 4; length > 1; length--) {
    const word = text.slice(at, at + length).toUpperCase();
    if (!Object.hasOwn(abbreviations, word)) continue;
    return { offsetMinutes: abbreviations[word]! * 60, end: at + word.length };
  }
  return undefined;
}

/** `Z`, `+02`, `+0200` or `+02:00`, for one, two or three X. */
export function readIsoZone(text: string, at: number, width: number): ZoneMatch | undefined {
  if (text[at] === "Z") return { offsetMinutes: 0, end: at + 1 };
  const sign = signAt(text, at);
  if (sign === 0) return undefined;
  const digits = width === 1 ? /(\d\d)/y : width === 2 ? /(\d\d)(\d\d)/y : /(\d\d):(\d\d)/y;
  return readOffset(text, at + 1, sign, digits);
}

function signAt(text: string, at: number): number {
  return text[at] === "+" ? 1 : text[at] === "-" ? -1 : 0;
}

function readOffset(text: string, at: number, sign: number, digits: RegExp): ZoneMatch | undefined {
  digits.lastIndex = at;
  const match = digits.exec(text);
  if (match === null || Number(match[1]) > 23 || Number(match[2] ?? 0) > 59) return undefined;
  const minutes = Number(match[1]) * 60 + Number(match[2] ?? 0);
  return { offsetMinutes: sign * minutes, end: at + match[0].length };
}
