/** Error codes of messages and rendering: what each means, why it happens and what to do. */
export const messageCodes = {
  PG801: {
    meaning: "A template of the message does not compile.",
    cause: "The template has a syntax error; the error names file, line and column.",
    advice: "Correct the template; `perigee check` finds the same errors.",
  },
  PG802: {
    meaning: "A template failed on the data of this contact.",
    cause: "A method or index failed, such as get(0) on a list without rows.",
    advice: "Guard the access with #if or #foreach, or mark the source as required.",
  },
  PG803: {
    meaning: "A template reached one of its limits: steps, output, list size, depth or time.",
    cause: "A loop runs too long, or the data is far larger than a message can be.",
    advice: "Shorten the loop or the data, or raise the message's limits.",
  },
  PG804: {
    meaning: "There is no such message.",
    cause: "The name is misspelt, or the message is not in the configuration that is running.",
    advice: "Use the name or id of a message of the configuration.",
  },
  PG805: {
    meaning: "There is no such contact in the hub.",
    cause: "Nobody was imported under this key, or the key is misspelt.",
    advice: "Import the contact, or use another key.",
  },
  PG806: {
    meaning: "The key belongs to several contacts.",
    cause: "Phone numbers and additional fields need not be unique.",
    advice: "Name the contact by contactId, email or externalCustomerId.",
  },
  PG807: {
    meaning: "A required source has no rows for the contact, so the message must not be sent.",
    cause: "The table has no row with the contact's key, or its source requires one.",
    advice: "Add the row, or set `required: false` for the source.",
  },
  PG808: {
    meaning: "There is no such event in the hub.",
    cause: "The id is wrong, or the event is older than the retention.",
    advice: "Use the id of an event that perigee.events holds.",
  },
  PG809: {
    meaning: "The event's jsonParam is not a JSON object of lists of rows.",
    cause: "Another program wrote the event with a jsonParam of another shape.",
    advice: 'Write jsonParam as a serialised object such as {"1043":[{"name":"…"}]}.',
  },
  PG810: {
    meaning: "The request carries a template, which this server does not allow.",
    cause: "`render.inline` is off.",
    advice: "Put the template into the configuration, or set `render.inline: true`.",
  },
  PG811: {
    meaning: "There is no such segment.",
    cause: "The name is misspelt, or the segment is not in the configuration that is running.",
    advice: "Use the name or id of a segment of the configuration.",
  },
  PG812: {
    meaning: "The segment was never evaluated, so that nobody knows its members.",
    cause: "No run of the segment has succeeded yet.",
    advice: "Run it once: `perigee run segment/<name>`.",
  },
  PG813: {
    meaning: "A velocityjs template failed.",
    cause: "The template is outside what velocityjs understands, or fails on this data.",
    advice: "Correct the template, or use Perigee's own engine.",
  },
  PG820: {
    meaning: "A template reads a source that the configuration does not have.",
    cause: "The name in data.get('…') is misspelt.",
    advice: "Use the name of a source, or its id in messages that events are rendered with.",
  },
  PG821: {
    meaning: "A template reads a column that the source does not have.",
    cause: "The name in get('…') is misspelt, or the column is not among the source's `columns`.",
    advice: "Use a column of the source.",
  },
  PG822: {
    meaning: "A template calls a method that no value has.",
    cause: "The name is misspelt; templates have an allow-list of methods.",
    advice: "Use a method that docs/velocity.md lists.",
  },
  PG823: {
    meaning: "A source reads rows that no template of the message uses.",
    cause: "The source is listed under the message but never read.",
    advice: "Remove it from the message's `sources`, which saves a query a render.",
  },
  PG824: {
    meaning: "A template has a part that is easily mistaken for Velocity.",
    cause: "Curly quotes, `# foreach` or `#else if` were pasted from a web page.",
    advice: "Write it as the warning says.",
  },
} as const satisfies Record<string, { meaning: string; cause: string; advice: string }>;

/** A code of the table above. */
export type MessageCode = keyof typeof messageCodes;
