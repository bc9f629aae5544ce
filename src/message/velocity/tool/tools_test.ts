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
    "$dateTool.addHours('25/10/2026 02:30', 0, 'dd/MM/yyyy HH:mm', 'HH:mm Z')": "02:30 +0100",
    "$dateTool.addDays('24/10/2026 02:30', 1, 'dd/MM/yyyy HH:mm', 'HH:mm Z')": "02:30 +0200",
    "$dateTool.addDays('26/10/2026 02:30', -1, 'dd/MM/yyyy HH:mm', 'HH:mm Z')": "02:30 +0100",
    "$dateTool.addMonths('25/09/2026 02:30', 1, 'dd/MM/yyyy HH:mm', 'HH:mm Z')": "02:30 +0100",
    "$dateTool.addDays('28/03/2026 02:30', 1, 'dd/MM/yyyy HH:mm', 'HH:mm Z')": "03:30 +0200",
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

test("numbers of any size keep their digits, and doubles have no more than they need", () => {
  rendersTo({
    "$numberTool.format('#,##0', 9007199254740993)": "9,007,199,254,740,993",
    "$numberTool.format('0.00', '123456789012345678901234')": "123456789012345678901234.00",
    "$numberTool.format('0', '3.8025457109324636E18')": "3802545710932463600",
    "$numberTool.format('0.0', 1.25)$numberTool.format('0.0', 1.35)": "1.21.4",
    "$numberTool.format('0', -0.4)": "-0",
    "$numberTool.format('0.##\u2030', '1.7976931348623157E308')": "∞\u2030",
  });
});

test("number patterns have exponents, quotes, signs and a point of their own", () => {
  rendersTo({
    "$numberTool.format('0.00E00', 450.5315)": "4.51E02",
    "$numberTool.format('##0.###E0', 1184.875)": "1.18488E3",
    "$numberTool.format('00E0', '0.00002310')": "23E-6",
    "$numberTool.format('0E0', 0)": "0E0",
    "$numberTool.format('#,##0.', 729.875)": "730.",
    "$numberTool.format('.##', 0.5)$numberTool.format('.##', 3)": ".53.0",
    "$numberTool.format(\"'%'0\", 7)": "%7",
    "$numberTool.format(\"0 'a''b'\", 7)": "7 a'b",
    "$numberTool.format('0 %', 0.07)": "7 %",
    "$numberTool.format('a0;', -7)$numberTool.format('0;0', -7)": "-a7-7",
    "$numberTool.format('##,##,##0', 1234567)": "1,234,567",
  });
  for (
    const pattern of ["#,,%", "0#", "0-;;##", "0.0,0", "%0%", "0.0.0", "0E", "'0", "#0#", "\u00a40"]
  ) {
    assert.throws(
      () => render("$numberTool.format($p, 1)", { p: pattern }),
      /number pattern/,
      pattern,
    );
  }
});

test("numbers have the signs and digits of the locale", () => {
  const shown = (locale: string) =>
    render("$numberTool.format('#,##0.0', -1234.5)", {}, { locale }).replace(/\s/g, " ");
  assert.deepEqual(["uk-UA", "sv-SE", "hi-IN", "mr-IN"].map(shown), [
    "-1 234,5",
    "\u22121 234,5",
    "-1,234.5",
    "-\u0967,\u0968\u0969\u096a.\u096b",
  ]);
});

test("weeks are counted as the locale's country does", () => {
  const at = (date: string, locale: string) =>
    render("$dateTool.formatDate(\"YYYY-'W'ww-u W\", $date)", { date }, { locale });
  assert.equal(at("2027-01-01", "de-DE"), "2026-W53-5 0");
  assert.equal(at("2027-01-01", "en-US"), "2027-W01-5 1");
  assert.equal(at("2024-12-30", "en"), "2025-W01-1 5");
});

test("months, weekdays, eras and halves of the day have the locale's names", () => {
  const at = (pattern: string, locale: string) =>
    render("$dateTool.formatDate($pattern, '2026-05-05T15:04:05Z')", { pattern }, { locale });
  assert.equal(at("MMMM yyyy", "uk-UA"), "травня 2026");
  assert.equal(at("MMMM", "uk-UA"), "травень");
  assert.equal(at("EEEE, d MMM", "de-DE"), "Dienstag, 5 Mai");
  assert.equal(at("MMMM MMM", "ja-JP"), "5月 5月");
  assert.equal(at("d MMMM", "zh-CN"), "5 五月");
  assert.equal(at("MMM", "cs-CZ"), "kvě");
  assert.equal(at("h a", "zh-TW"), "3 下午");
  assert.equal(at("G y", "de-DE"), "n. Chr. 2026");
  assert.equal(at("d/M/yyyy", "fa-IR"), "\u06f5/\u06f5/\u06f2\u06f0\u06f2\u06f6");
  assert.throws(() => at("XXXX", "en"), /more than three X/);
});

test("a date that no calendar holds fails the message", () => {
  for (
    const source of [
      "$dateTool.addDays('1.1.20471999', 0, 'd.M.y')",
      "$dateTool.addYears('2026-01-01', 999999)",
      "$dateTool.diff('2026-01-01', 90000000000000000, 'DAYS')",
      "$dateTool.formatDate('yyyy', 90000000000000000)",
    ]
  ) {
    for (const timezone of ["UTC", "Europe/Kyiv"]) {
      assert.throws(() => render(source, {}, { timezone }), /date out of range/, source);
    }
  }
});

test("a date with a zone in its pattern is written in the organisation's", () => {
  const options = { timezone: "Europe/Kyiv" };
  rendersTo({
    "$dateTool.formatDate(\"yyyy-MM-dd'T'HH:mmXXX\", '2026-07-01T12:00:00Z')":
      "2026-07-01T15:00+03:00",
    "$dateTool.currentDate('HH:mmX')": "12:05+02",
    "$dateTool.addDays('2026-07-01T12:00:00Z', 1)": "2026-07-02T12:00:00Z",
    "$dateTool.addDays('2026-07-01T12:00:00+02:00', 1)": "2026-07-02T10:00:00Z",
    "$dateTool.addDays('2026-07-01T12:00:00+0200', 1, \"yyyy-MM-dd'T'HH:mm:ssX\")":
      "2026-07-02T13:00:00+03",
  }, options);
});

test("dates are read as a lenient SimpleDateFormat reads them", () => {
  const exact = "yyyy-MM-dd'T'HH:mm:ssXXX";
  const read = (pattern: string, text: string, locale = "en") =>
    render("$dateTool.addDays($text, 0, $pattern, $exact)", { pattern, text, exact }, { locale });
  assert.equal(read("dd.MM.yyyy", "31.02.2026"), "2026-03-03T00:00:00Z");
  assert.equal(read("yyyyMMddHHmm", "202601020304"), "2026-01-02T03:04:00Z");
  assert.equal(
    read("d MMMM yyyy, EEEE", "5 травня 2026, вівторок", "uk-UA"),
    "2026-05-05T00:00:00Z",
  );
  assert.equal(read("d MMM yyyy h a", "5 MAY 2026 12 am"), "2026-05-05T00:00:00Z");
  assert.equal(read("dd/MM/yy", "01/01/46"), "2046-01-01T00:00:00Z");
  assert.equal(read("dd/MM/yy", "24/11/46"), "1946-11-24T00:00:00Z");
  assert.equal(read("YYYY-'W'ww-u", "2026-W53-5", "de-DE"), "2027-01-01T00:00:00Z");
  assert.equal(read("YYYY-MM-dd", "2026-05-04"), "2025-12-28T00:00:00Z");
  assert.equal(read("w yyyy", "19 2026", "de-DE"), "2026-05-04T00:00:00Z");
  assert.equal(read("F EEE MM yyyy", "2 Tue 05 2026"), "2026-05-12T00:00:00Z");
  assert.equal(read("D yyyy", "125 2026"), "2026-05-05T00:00:00Z");
  assert.equal(read("yyyy-MM-dd HH:mm Z", "2026-05-05 10:00 -0330"), "2026-05-05T13:30:00Z");
  assert.equal(read("yyyy-MM-dd HH:mm z", "2026-05-05 10:00 EEST"), "2026-05-05T07:00:00Z");
  for (
    const [pattern, text] of [["Z", "+02:00"], ["XX", "+05:45"], ["E", "x"], ["d MMM", "5  May"]]
  ) {
    assert.throws(() => read(pattern!, text!), /does not fit the pattern/, text);
  }
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
