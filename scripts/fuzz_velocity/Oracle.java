import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;

/**
 * Renders templates with Apache Velocity, 1.7 or 2.x, whichever is on the class path. The argument is
 * 2.x's treatment of white space. One JSON array [context, template] a line on standard
 * input; one JSON object {"out": text} or {"error": text} a line on standard output.
 */
public final class Oracle {
  private static String whitespace;

  public static void main(String[] args) throws Exception {
    whitespace = args[0];
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    VelocityEngine shared = engine();
    int number = 0;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      List<?> request = (List<?>) new Json(line).value();
      String template = (String) request.get(1);
      boolean isolated = template.contains("macro");
      number++;
      out.println(render(isolated ? engine() : shared, request.get(0), template, number));
      out.flush();
    }
  }

  private static VelocityEngine engine() {
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.setProperty("resource.loader", "string");
    engine.setProperty(
        "string.resource.loader.class",
        "org.apache.velocity.runtime.resource.loader.StringResourceLoader");
    engine.setProperty("velocimacro.library", "");
    engine.setProperty("velocimacro.permissions.allow.inline.local.scope", "true");
    engine.setProperty("velocimacro.max.depth", "20");
    engine.setProperty("parser.space_gobbling", whitespace);
    engine.init();
    return engine;
  }

  private static String render(VelocityEngine engine, Object data, String template, int number) {
    try {
      VelocityContext context = new VelocityContext();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) data).entrySet()) {
        context.put((String) entry.getKey(), entry.getValue());
      }
      StringWriter text = new StringWriter();
      engine.evaluate(context, text, "t" + number, template);
      return "{\"out\":" + Json.quote(text.toString()) + "}";
    } catch (Throwable failure) {
      return "{\"error\":" + Json.quote(String.valueOf(failure.getMessage())) + "}";
    }
  }

  /** Just enough JSON: maps keep their order, numbers become Integer, Long or Double. */
  static final class Json {
    private final String text;
    private int at = 0;

    Json(String text) {
      this.text = text;
    }

    Object value() {
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
}
