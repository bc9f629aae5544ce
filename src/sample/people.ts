/** One invented person. Addresses are at example.com and example.org, numbers in 555-01xx. */
export interface Person {
  readonly id: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  /** ISO date. */
  readonly birthday: string;
  readonly city: string;
  readonly language: string;
}

/** The person of the documentation's example row, with the address moved to example.com. */
export const dinaKozak: Person = {
  id: 2,
  firstName: "Dina",
  lastName: "Kozak",
  email: "kozak@example.com",
  phone: "+12125550102",
  birthday: "2020-09-02",
  city: "Kyiv",
  language: "uk",
};

const firstNames = [
  ...[
    "Olena",
    "Taras",
    "Iryna",
    "Bohdan",
    "Sofia",
    "Danylo",
    "Marta",
    "Ostap",
    "Kateryna",
    "Yurii",
  ],
  ...["Anna", "Piotr", "Zofia", "Jan", "Emma", "Liam", "Grace", "Oscar", "Lena", "Felix"],
];
const lastNames = [
  ...[
    "Lysenko",
    "Hrytsenko",
    "Moroz",
    "Kravets",
    "Honchar",
    "Savchuk",
    "Bilyk",
    "Tkach",
    "Polishchuk",
  ],
  ...[
    "Nowak",
    "Zielinska",
    "Wrobel",
    "Baker",
    "Fletcher",
    "Marsh",
    "Turner",
    "Becker",
    "Vogel",
    "Brandt",
  ],
];
const places = [
  { city: "Kyiv", language: "uk" },
  { city: "Lviv", language: "uk" },
  { city: "Odesa", language: "uk" },
  { city: "Kharkiv", language: "uk" },
  { city: "Warsaw", language: "pl" },
  { city: "Berlin", language: "de" },
  { city: "London", language: "en" },
] as const;

/**
 * Codes of areas in the United States. Their numbers 555-0100 to 555-0199 are kept free for fiction
 * (North American Numbering Plan), so none of ours rings anywhere.
 */
const areaCodes = [212, 303, 404, 617];

/** Leap years, so that a birthday on 29 February exists in each of them. */
const leapYears = [1976, 1984, 1988, 1992, 1996];

/** Every so many people one has the birthday that `today` is. */
const birthdayInterval = 25;

/**
 * `count` people with the ids from 1 on: the same for the same seed and day. Number 2 is
 * `dinaKozak`, number 3 was born on 29 February, and one in 25 has a birthday on `today` (ISO date).
 */
export function makePeople(options: { count: number; seed: number; today: string }): Person[] {
  const random = seededRandom(options.seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return Array.from({ length: options.count }, (_, index) => {
    const id = index + 1;
    const [firstName, lastName, place] = [pick(firstNames), pick(lastNames), pick(places)];
    const year = pick(leapYears);
    const born = new Date(Date.UTC(year, 0, 1 + Math.floor(random() * 365)));
    if (id === dinaKozak.id) return dinaKozak;
    const area = areaCodes[id % areaCodes.length] as number;
    return {
      id,
      firstName,
      lastName,
      email: `${firstName}.${lastName}.${id}@example.${id % 3 === 0 ? "org" : "com"}`.toLowerCase(),
      phone: `+1${area}55501${String(Math.floor(id / areaCodes.length) % 100).padStart(2, "0")}`,
      birthday: id === 3
        ? `${year}-02-29`
        : id % birthdayInterval === 1
        ? `${year}${options.today.slice(4)}`
        : born.toISOString().slice(0, 10),
      city: place.city,
      language: place.language,
    };
  });
}

/** Numbers from 0 up to 1 that repeat for the same seed (the generator "mulberry32"). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
