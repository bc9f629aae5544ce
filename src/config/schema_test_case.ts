import * as v from "valibot";
import { about, identifier, reference, text } from "./leaf.ts";
import { moment } from "./leaf_time.ts";

/** Names of types as people write them in casts. */
const typePattern = /^[a-z][a-z0-9_ ]*(\([0-9]+(, ?[0-9]+)?\))?(\[\])?$/i;

function columnType(means: string) {
  return v.pipe(
    v.string(),
    v.check((written) => typePattern.test(written)),
    v.description(means),
    about({
      kind: "Postgres type",
      wanted: "a type such as date, timestamp, timestamptz, numeric(10,2) or text[]",
      code: "PG124",
      example: "timestamptz",
    }),
  );
}

const values = (means: string) => v.record(identifier(means), v.unknown());

const common = {
  name: v.optional(text("What the case shows.", { maxLength: 1_000 })),
  at: moment(
    "The moment that is now; without an offset, in the zone of the segment or message.",
    "2026-02-28T09:00:00+02:00",
  ),
  rows: v.optional(
    v.pipe(
      v.record(reference("sources", "A source."), v.array(values("Column."))),
      v.description("Source → its rows, each column → value. Sources without rows are empty."),
    ),
    {},
  ),
  types: v.optional(
    v.pipe(
      v.record(
        reference("sources", "A source."),
        v.record(identifier("Column."), columnType("Type of the column.")),
      ),
      v.description("Source → column → type, where the values do not tell."),
    ),
    {},
  ),
};

/** `tests:` beside a segment. */
export const segmentTestsSchema = v.optional(
  v.pipe(
    v.array(v.strictObject({
      ...common,
      contacts: v.optional(v.pipe(
        v.array(values("Documented parameter or additional field.")),
        v.description("The contacts of the hub; without them one for each key among the rows."),
      )),
      members: v.pipe(
        v.array(text("A contact's key.", { maxLength: 1_000 })),
        v.description("Keys of the contacts that must be in the segment, and of no others."),
      ),
    })),
    v.description("Cases that `perigee test` runs: with these rows at that moment, these are in."),
  ),
  [],
);

const parts = v.array(text("A piece of text."));

const expectation = (means: string) =>
  v.optional(v.pipe(
    v.union([
      v.pipe(v.string(), about({ kind: "text", wanted: "a text", code: "PG122" })),
      v.strictObject({
        contains: v.optional(v.pipe(parts, v.description("Pieces that must be in it.")), []),
        lacks: v.optional(v.pipe(parts, v.description("Pieces that must not be in it.")), []),
      }),
    ]),
    v.description(means),
  ));

/** `tests:` beside a message. */
export const messageTestsSchema = v.optional(
  v.pipe(
    v.array(v.strictObject({
      ...common,
      contact: v.optional(v.pipe(
        values("Documented parameter or additional field."),
        v.description("The contact. Its key is that of the first row unless it is given here."),
      )),
      subject: expectation("What the subject must be, to the letter, or must contain."),
      html: expectation("What the HTML part must be, or must contain."),
      text: expectation("What the text part must be, or must contain."),
      error: v.optional(
        text("Code of the error that the rendering must end with, such as PG807.", {
          example: "PG807",
          maxLength: 10,
        }),
      ),
    })),
    v.description(
      "Cases that `perigee test` runs: with these rows at that moment, this is printed.",
    ),
  ),
  [],
);
