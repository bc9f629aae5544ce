import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Just enough JSON: maps keep their order, numbers become Integer, Long or Double. */
final class Json {
  private final String text;
  private int at = 0;

  private Json(String text) {
    this.text = text;
  }

  static Object read(String text) {
    return new Json(text).value();
  }

  private Object value() {
    skip();
    char c = text.charAt(at);
    if (c == '{') return map();
    if (c == '[') return list();
    if (c == '"') return string();
    if (text.startsWith("true", at)) return word("true", Boolean.TRUE);
    if (text.startsWith("false", at)) return word("false", Boolean.FALSE);
    if (text.startsWith("null", at)) return word("null", null);
    return number();
  }

  private Object word(String word, Object value) {
    at += word.length();
    return value;
  }

  private void skip() {
    while (at < text.length() && text.charAt(at) <= ' ') at++;
  }

  private Object map() {
    Map<String, Object> map = new LinkedHashMap<>();
    at++;
    for (skip(); text.charAt(at) != '}'; skip()) {
      if (text.charAt(at) == ',') at++;
      skip();
      String key = string();
      skip();
      at++;
      map.put(key, value());
    }
    at++;
    if (map.size() == 1 && map.containsKey("$date")) {
      return Date.from(java.time.Instant.parse((String) map.get("$date")));
    }
    if (map.size() == 1 && map.containsKey("$long")) {
      return ((Number) map.get("$long")).longValue();
    }
    return map;
  }

  private Object list() {
    List<Object> list = new ArrayList<>();
    at++;
    for (skip(); text.charAt(at) != ']'; skip()) {
      if (text.charAt(at) == ',') at++;
      list.add(value());
    }
    at++;
    return list;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    for (at++; text.charAt(at) != '"'; at++) {
      char c = text.charAt(at);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      c = text.charAt(++at);
      if (c == 'u') {
        out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
        at += 4;
      } else {
        int code = "nrtbf".indexOf(c);
        out.append(code < 0 ? c : "\n\r\t\b\f".charAt(code));
      }
    }
    at++;
    return out.toString();
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) at++;
    String digits = text.substring(start, at);
    if (digits.matches("-?\\d+")) {
      long value = Long.parseLong(digits);
      if (value == (int) value) return (int) value;
      return value;
    }
    return Double.parseDouble(digits);
  }

  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < ' ' || c > '~') out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }
}
