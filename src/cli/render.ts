import { systemClock } from "../clock.ts";
import { renderMessage } from "../message/render_message.ts";
import { renderToFolder } from "../message/render_to_folder.ts";
import { createRenderer } from "../message/renderer.ts";
import type { Command } from "./command.ts";
import { parseContactWord } from "./contact_word.ts";
import { isJson, momentOption, textOption, usage, withWorkplace } from "./workplace.ts";

/** `perigee render`: one message for one contact or event. */
export const render: Command = {
  name: "render",
  summary: "render a message for a contact or an event, as POST /render does",
  usage: "<message> (--contact <contact> | --event <id>) [--out <folder>]",
  options: [
    {
      name: "contact",
      type: "string",
      placeholder: "contact",
      help: "address, +phone or field=value",
    },
    { name: "event", type: "string", placeholder: "id", help: "an event of the hub" },
    { name: "at", type: "string", placeholder: "moment", help: "what templates take for now" },
    { name: "out", type: "string", placeholder: "folder", help: "write files and a preview page" },
  ],
  examples: [
    "perigee render birthday_greeting --contact kozak@example.com",
    "perigee render birthday_greeting --event 12 --out preview",
  ],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const [name] = input.positionals;
      if (name === undefined) throw usage("render takes the name of a message");
      const [contact, eventId] = [textOption(input, "contact"), textOption(input, "event")];
      if ((contact === undefined) === (eventId === undefined)) {
        throw usage("render wants either --contact or --event");
      }
      const renderer = createRenderer({ ...place, clock: systemClock, observe: () => {} });
      const rendered = await renderMessage(renderer, {
        message: renderer.messages.require(name),
        contact: contact === undefined ? undefined : parseContactWord(contact),
        event: eventId === undefined ? undefined : { eventId },
        at: momentOption(input, "at"),
      });
      const folder = textOption(input, "out");
      if (folder !== undefined) {
        for (const file of await renderToFolder(rendered, name, folder)) io.out(`${file}\n`);
      } else if (isJson(input)) {
        io.out(`${JSON.stringify({ ...rendered.parts, data: rendered.data })}\n`);
      } else {
        for (const [part, text] of Object.entries(rendered.parts)) {
          io.out(`--- ${part}\n${text}\n`);
        }
      }
      return 0;
    }),
};
