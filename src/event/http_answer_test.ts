import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { HttpAnswer, type Progress } from "./http_answer.ts";

/** Reads these pieces; what comes after the answer's end is not read. */
function readPieces(pieces: readonly string[]) {
  const answer = new HttpAnswer();
  let progress: Progress = "more";
  for (const piece of pieces) {
    if (progress === "more") progress = answer.read(Buffer.from(piece, "latin1"));
  }
  const { status, retryAfter, text, isReusable } = answer;
  return { progress, status, retryAfter, text, isReusable };
}

const whole = { progress: "whole", retryAfter: undefined, isReusable: true };

test("a body of a known length ends there, and the connection can be used again", () => {
  const seen = readPieces(["HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"]);
  assert.deepEqual(seen, { ...whole, status: 500, text: "oops" });
});

test("a body in chunks ends behind its trailers", () => {
  const seen = readPieces([
    "HTTP/1.1 422 No\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
    "3;name=value\r\nabc\r\n1E \r\nthe rest of what is to be read\r\n0\r\nx: y\r\n\r\n",
  ]);
  assert.deepEqual(seen, { ...whole, status: 422, text: "abcthe rest of what is to be read" });
});

test("no content, interim answers and headers that are given twice are read as HTTP has them", () => {
  const none = readPieces(["HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n"]);
  assert.deepEqual(none, { ...whole, status: 204, text: "" });
  const interim = readPieces([
    "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200\r\ncontent-length: 0\r\n\r\n",
  ]);
  assert.deepEqual(interim, { ...whole, status: 200, text: "" });
  const twice = readPieces([
    "HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\nContent-Length: 1\r\n\r\na",
  ]);
  assert.deepEqual(twice, { ...whole, status: 200, text: "a" });
});

test("a connection that is to be closed, or on which more came than was asked for, serves no more", () => {
  const heads = [
    "HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 1\r\n\r\na",
    "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1 200",
  ];
  for (const head of heads) {
    assert.deepEqual(readPieces([head]), { ...whole, status: 200, text: "a", isReusable: false });
  }
});

test("a body without a length ends with the connection", () => {
  const answer = new HttpAnswer();
  assert.equal(answer.read(Buffer.from("HTTP/1.1 200 OK\r\n\r\nabc")), "more");
  assert.equal(answer.end(), "whole");
  assert.deepEqual([answer.text, answer.isReusable], ["abc", false]);
});

test("once the status is known, a body that breaks off or makes no sense changes nothing", () => {
  const cut = new HttpAnswer();
  assert.equal(
    cut.read(Buffer.from("HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 9\r\n\r\na")),
    "more",
  );
  assert.equal(cut.end(), "whole");
  assert.deepEqual([cut.status, cut.retryAfter, cut.text], [503, "7", "a"]);
  const senseless = readPieces(["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"]);
  assert.deepEqual(senseless, { ...whole, status: 200, text: "", isReusable: false });
});

test("a long body is read no further than its connection is worth, and 300 characters of it are kept", () => {
  const pieces = Array.from({ length: 8 }, () => "é".repeat(10_000));
  const seen = readPieces(["HTTP/1.1 500 No\r\ncontent-length: 80000\r\n\r\n", ...pieces]);
  assert.deepEqual([seen.progress, seen.isReusable, seen.text.length], ["whole", false, 300]);
});

test("the text of an answer holds nothing that Postgres cannot store", () => {
  const answer = new HttpAnswer();
  answer.read(Buffer.from(`HTTP/1.1 500 No\r\n\r\na\0b${"x".repeat(297)}😀`));
  assert.equal(answer.text, `ab${"x".repeat(297)}`);
});

test("what is not HTTP, or has a length that nobody can know, is broken", () => {
  const heads = [
    "this is not HTTP\r\n\r\n",
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "x".repeat(70_000),
  ];
  for (const head of heads) assert.equal(readPieces([head]).progress, "broken", head.slice(0, 40));
  assert.equal(new HttpAnswer().end(), "broken");
});

test("an answer means the same in whatever pieces it arrives", () => {
  const answers = [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 No\r\nretry-after: 3\r\ncontent-length: 5\r\n\r\nabcde",
    "HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\na\r\n0123456789\r\n0\r\nt: u\r\n\r\n",
  ];
  for (const text of answers) {
    const expected = readPieces([text]);
    assert.equal(expected.progress, "whole");
    fc.assert(fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts, text.length].sort((one, other) => one - other);
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      assert.deepEqual(readPieces(pieces), expected);
    }));
  }
});
