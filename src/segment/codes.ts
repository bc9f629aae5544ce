/** Error codes of segments: what each means, why it comes, what to do. docs/errors.md shows it. */
export const segmentCodes: Record<
  string,
  { readonly meaning: string; readonly cause: string; readonly advice: string }
> = {
  PG620: {
    meaning: "An operator does not fit its column.",
    cause: "The column's type has no such comparison, or the value cannot be read as that type.",
    advice: "Use an operator and a value for that type; docs/segments.md lists them.",
  },
  PG621: {
    meaning: "A segment names a table or column that the database does not have.",
    cause: "It is misspelt, was renamed or dropped, or the role may not see it.",
    advice: "Correct the name in the configuration, or grant the right to see it.",
  },
  PG622: {
    meaning: "A dataset's rows belong to no contact.",
    cause: "Broadcasts and messages have no contact, so no segment can be made of them.",
    advice: "Use contactActivities, which says what happened to a message for each contact.",
  },
  PG623: {
    meaning: "A segment's SQL is not one SELECT that returns the key.",
    cause:
      "It has several statements, is no SELECT, or returns another number of columns than one.",
    advice: "Write one SELECT with the contact key as its only column.",
  },
  PG624: {
    meaning: "A segment reads a large table from end to end.",
    cause: "No index serves the conditions, so every evaluation scans the table. Only a warning.",
    advice: "Create an index that serves the conditions, or evaluate the segment less often.",
  },
  PG625: {
    meaning: "The customer's database refuses a segment's statement.",
    cause: "A pattern, a time zone or a value is none there, or a right is missing.",
    advice:
      "The message has the server's reason; `perigee segment <name> --sql` shows the statement.",
  },
};
