import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "../compile.ts";
import type { RenderOptions } from "../compile.ts";

const now = new Date("2026-11-23T10:05:07.089Z");

function render(source: string, context = {}, options: RenderOptions = {}): string {
  return compileTemplate(source, { name: "tools", dialect: "1.7" }).render(context, {
    now,
    ...options,
  });
}

function rendersTo(expected: Record<string, string>, options: RenderOptions = {}): void {
  for (const [source, text] of Object.entries(expected)) {
    assert.equal(render(source, {}, options), text, source);
  }
}

test("the platform's examples of date arithmetic give the platform's results", () => {
  const context = {
    date: "01/01/2020 12:00",
    customDate: "12:00 2020-30-04",
    dateTime: "2020-05-01T00:00",
    firstDate: "01/01/2019",
    secondDate: "05/05/2020",
    customDate1: "17:15 05/05/2020",
    customDate2: "10:05 01/01/2019",
  };
  const expected: Record<string, string> = {
    "$!dateTool.addYears($!date,2)": "01/01/2022 12:00",
    "$!dateTool.addMonths($!date,5)": "01/06/2020 12:00",
    "$!dateTool.addDays($!date,15)": "16/01/2020 12:00",
    "$!dateTool.addHours($!date,7)": "01/01/2020 19:00",
    "$!dateTool.addMinutes($!date,15)": "01/01/2020 12:15",
    "$!dateTool.addYears($!customDate,2,'HH:mm yyyy-dd-MM')": "12:00 2022-30-04",
    "$!dateTool.addDays($!dateTime, 2, \"yyyy-MM-dd'T'HH:mm\",'dd-MM-yyyy')": "03-05-2020",
    "$!dateTool.addHours($!dateTime, 7, \"yyyy-MM-dd'T'HH:mm\",'dd/MM HH:mm')": "01/05 07:00",
    "$!dateTool.addMinutes($!dateTime, 2, \"yyyy-MM-dd'T'HH:mm\",'HH:mm')": "00:02",
    "$!dateTool.diff($!firstDate,$!secondDate,'YEARS')": "1",
    "$!dateTool.diff($!firstDate,$!secondDate,'MONTHS')": "16",
    "$!dateTool.diff($!firstDate,$!secondDate,'DAYS')": "490",
    "$!dateTool.diff($!firstDate,$!secondDate,'HOURS')": "11760",
    "$!dateTool.diff($!firstDate,$!secondDate,'MINUTES')": "705600",
    "$!dateTool.diff($!customDate2,$!customDate1,'HH:mm dd/MM/yyyy','MINUTES')": "706030",
    "$!dateTool.diff($!secondDate,$!firstDate,'MONTHS')": "-16",
  };
  for (const [source, text] of Object.entries(expected)) {
    assert.equal(render(source, context), text, source);
  }
});

test("the current date takes a pattern and a zone", () => {
  rendersTo({
    "$dateTool.currentDate()": "23/11/2026 10:05",
    "$dateTool.currentDate('dd.MM.yyyy HH:mm:ss', 'GMT+3')": "23.11.2026 13:05:07",
    "$dateTool.currentDate('yyyy-MM-dd')": "2026-11-23",
    "$dateTool.currentTimeStamp()": String(now.getTime()),
    "$dateTool.currentDate('HH:mm z', 'GMT+3')": "13:05 GMT+03:00",
  });
  rendersTo({ "$dateTool.currentDate('HH:mm')": "12:05" }, { timezone: "Europe/Kyiv" });
});

test("rows' ISO dates are read without a pattern and stay in UTC when written back", () => {
  rendersTo({
    "$dateTool.formatDate('dd MMMM yyyy', 1495479520000)": "22 May 2017",
    "$dateTool.formatDate('dd.MM.yyyy', '1495479520000')": "22.05.2017",
    "$dateTool.formatDate('EEE, d MMM', '2020-09-02T00:00:00Z')": "Wed, 2 Sep",
    "$dateTool.addDays('2020-09-02T00:00:00Z', 1)": "2020-09-03T00:00:00Z",
    "$!dateTool.formatDate('dd', $nothing)": "",
  });
});

test("a contact's zone is used for the contact, the organisation's where there is none", () => {
  rendersTo({ "$dateTool.formatInContactTimezone('HH:mm:ss', '01/07/2026 12:00:09')": "12:00:09" });
  const source = "$dateTool.formatInContactTimezone('HH:mm', '2026-07-01T12:00:00Z')";
  rendersTo({ [source]: "15:00" }, { timezone: "Europe/Kyiv" });
  rendersTo({ [source]: "08:00" }, {
    timezone: "Europe/Kyiv",
    contactTimezone: "America/New_York",
  });
});

test("a day added over a clock change keeps its hour, an hour does not", () => {
  const options = { timezone: "Europe/Berlin" };
  rendersTo({
    "$dateTool.addDays('28/03/2026 12:00', 1)": "29/03/2026 12:00",
    "$dateTool.addHours('28/03/2026 12:00', 24)": "29/03/2026 13:00",
    "$dateTool.diff('28/03/2026 12:00', '29/03/2026 12:00', 'DAYS')": "1",
    "$dateTool.diff('28/03/2026 12:00', '29/03/2026 12:00', 'HOURS')": "23",
    "$dateTool.addMonths('31/01/2026', 1)": "28/02/2026",
    "$dateTool.addYears('29/02/2024', 1)": "28/02/2025",
  }, options);
});

test("patterns are SimpleDateFormat's", () => {
  const at = (pattern: string, locale = "en-US") =>
    render(`$dateTool.formatDate("${pattern}", '2026-11-03T15:04:05.067Z')`, {}, { locale });
  assert.equal(at("yy y MM M MMM MMMM d dd D"), "26 2026 11 11 Nov November 3 03 307");
  assert.equal(at("H HH h hh K k a m s S SSS"), "15 15 3 03 3 15 PM 4 5 67 067");
  assert.equal(at("E EEEE u F W w YYYY"), "Tue Tuesday 2 1 1 45 2026");
  assert.equal(at("Z X XX XXX z G"), "+0000 Z Z Z UTC AD");
  assert.equal(at("'at' h 'o''clock' ''"), "at 3 o'clock '");
  assert.equal(at("d MMMM", "uk-UA"), "3 листопада");
  assert.equal(at("LLLL", "uk-UA"), "листопад");
  assert.throws(() => at("b"), /unknown letter 'b'/);
  assert.throws(() => at("'x"), /not closed/);
});

test("numbers are formatted as DecimalFormat does", () => {
  rendersTo({
    "$numberTool.format('#.00', 5)": "5.00",
    "$numberTool.format('#.00', '1234.565')": "1234.57",
    "$numberTool.format('#.00', 0)": ".00",
    "$numberTool.format('#.##', 0)": "0",
    "$numberTool.format('00.#', 3.14)": "03.1",
    "$numberTool.format('#.00', 0.5)": ".50",
    "$numberTool.format('0.00', 0.125)": "0.12",
    "$numberTool.format('0.00', 0.135)": "0.14",
    "$numberTool.format('#,##0.##', 1234567.5)": "1,234,567.5",
    "$numberTool.format('#', 2.5)": "2",
    "$numberTool.format('#', 3.5)": "4",
    "$numberTool.format('0.0%', 0.256)": "25.6%",
    "$numberTool.format('#.00 UAH', -3)": "-3.00 UAH",
    "$numberTool.format('#0;(#0)', -3)": "(3)",
    "$numberTool.format(\"'#'0\", 7)": "#7",
    "$numberTool.integer('7.99')$numberTool.integer(-7.99)": "7-7",
  });
  rendersTo({ "$numberTool.format('#,##0.00', 1234.5)": "1.234,50" }, { locale: "de-DE" });
  assert.throws(() => render("$numberTool.format('abc', 1)"), /without # or 0/);
});

test("arithmetic takes numbers and text that holds one", () => {
  rendersTo({
    "$mathTool.add(1, 2)": "3",
    "$mathTool.add('1', '2.5')": "3.5",
    "$mathTool.sub(1.5, 0.5)": "1.0",
    "$mathTool.mul('3', 4)": "12",
    "$mathTool.div(6, 2)": "3",
    "$mathTool.div(7, 2)": "3.5",
    "$!mathTool.div(1, 0)": "",
    "$!mathTool.add($nothing, 1)": "",
    "$mathTool.toInteger('12.9')": "12",
  });
  assert.throws(() => render("$mathTool.add('x', 1)"), /not a number/);
});

test("each escape suits its place", () => {
  const context = { x: `<a href="x">O'K & é</a>\n`, csv: 'a,"b"', formula: "=1+1" };
  const expected: Record<string, string> = {
    "$esc.html($x)": "&lt;a href=&quot;x&quot;&gt;O&#39;K &amp; é&lt;/a&gt;\n",
    "$esc.url($x)": "%3Ca%20href%3D%22x%22%3EO%27K%20%26%20%C3%A9%3C%2Fa%3E%0A",
    "$esc.javascript($x)":
      "\\u003ca href\\u003d\\u0022x\\u0022\\u003eO\\u0027K \\u0026 é\\u003c/a\\u003e\\u000a",
    "$esc.csv($csv)$esc.csv($formula)$esc.csv('plain')": `"a,""b"""'=1+1plain`,
    "$!esc.html($nothing)": "",
  };
  for (const [source, text] of Object.entries(expected)) {
    assert.equal(render(source, context), text, source);
  }
});

test("tools give way to data of the same name and can be left out", () => {
  assert.equal(render("$esc", { esc: "mine" }), "mine");
  assert.equal(render("$esc.html('<')", {}, { tools: [] }), "$esc.html('<')");
});
