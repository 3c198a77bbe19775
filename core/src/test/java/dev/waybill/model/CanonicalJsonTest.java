package dev.waybill.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalJsonTest {
  private static final String[] PIECES = {
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "100.00",
    "0.50",
    "1e3",
    "1E-3",
    "-12.5e+2",
    "1e0",
    "9007199254740993",
    "0.1000000000000000055",
    "1e400",
    "123456789e-12345678901",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\udc00\\ud800x\"",
    "\"😀\"",
    "\"ü\\n\\/\"",
    "\"\\u00e9\"",
    "\"é\"",
    "{}",
    "[]"
  };
  private static final String[] NAMES = {"a", "b", "aa", "ü", "\\u0061", "", "\\u00e9", "z"};
  private static final String SPACE = " \n\r\t";
  private static final String HARM = "{}[]\",:\\0123456789.eE+-tfnu \u0000\u0001\u001f\u007fé/x";

  private final CanonicalJson json = new CanonicalJson();
  private final JacksonJson other = new JacksonJson();

  private byte[] canonical(String text) {
    return canonical(text.getBytes(UTF_8));
  }

  private byte[] canonical(byte[] text) {
    json.encode(text, 0, text.length);
    return Arrays.copyOf(json.bytes(), json.size());
  }

  private void requireAgreement(byte[] text) {
    byte[] own = canonical(text);
    other.encode(text, 0, text.length);
    String shown = new String(text, UTF_8);
    assertThat(own).as(shown).isEqualTo(Arrays.copyOf(other.bytes(), other.size()));
    assertThat(json.flaw()).as(shown).isEqualTo(other.flaw());
  }

  private static void space(SplittableRandom random, StringBuilder into) {
    if (random.nextInt(4) == 0) {
      into.append(SPACE.charAt(random.nextInt(SPACE.length())));
    }
  }

  private static void value(SplittableRandom random, int depth, StringBuilder into) {
    space(random, into);
    int kind = depth == 0 ? 2 : random.nextInt(3);
    int members = random.nextInt(random.nextInt(10) == 0 ? 40 : 5);
    if (kind == 0) {
      into.append('[');
      for (int i = 0; i < members; i++) {
        into.append(i == 0 ? "" : ",");
        value(random, depth - 1, into);
      }
      into.append(']');
    } else if (kind == 1) {
      into.append('{');
      for (int i = 0; i < members; i++) {
        into.append(i == 0 ? "" : ",");
        space(random, into);
        into.append('"').append(NAMES[random.nextInt(NAMES.length)]);
        into.append(random.nextBoolean() ? "" : random.nextInt(30)).append('"');
        space(random, into);
        into.append(':');
        value(random, depth - 1, into);
      }
      into.append('}');
    } else {
      into.append(PIECES[random.nextInt(PIECES.length)]);
    }
    space(random, into);
  }

  @Property(tries = 3000)
  void whatItMakesOfATextAnotherParserMakesOfItToo(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder();
    value(random, 4, text);

    requireAgreement(text.toString().getBytes(UTF_8));
  }

  @Property(tries = 3000)
  void soDoTextsThatAreNearlyJson(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder();
    value(random, 2, text);
    for (int i = random.nextInt(3); i >= 0 && text.length() > 0; i--) {
      int at = random.nextInt(text.length());
      char harm = HARM.charAt(random.nextInt(HARM.length()));
      switch (random.nextInt(3)) {
        case 0 -> text.deleteCharAt(at);
        case 1 -> text.insert(at, harm);
        default -> text.setCharAt(at, harm);
      }
    }

    requireAgreement(text.toString().getBytes(UTF_8));
  }

  @Property(tries = 1000)
  void soDoBytesThatAreNoUtf8(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder();
    value(random, 2, text);
    byte[] bytes = text.toString().getBytes(UTF_8);
    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);

    requireAgreement(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1 2",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "-",
        "+1",
        ".5",
        "5.",
        "1e",
        "1e+",
        "NaN",
        "tru",
        "nullx",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\n\"",
        "[",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{a:1}",
        "'a'",
        "\uFEFF1",
        "1,"
      })
  void whatIsNoJsonIsEqualToTheSameBytesOnly(String text) {
    assertThat(canonical(text)).isEqualTo(("!" + text).getBytes(UTF_8));
    requireAgreement(text.getBytes(UTF_8));
  }

  @Test
  void whatIsNestedTooDeepIsEqualToTheSameBytesOnly() {
    requireAgreement(("[".repeat(500) + "]".repeat(500)).getBytes(UTF_8));
    assertThat(json.flaw()).isEqualTo(JsonFlaw.NONE);
    requireAgreement(("[".repeat(501) + "]".repeat(501)).getBytes(UTF_8));
    assertThat(json.flaw()).isEqualTo(JsonFlaw.NOT_JSON);
    requireAgreement("{\"a\":".repeat(100_000).getBytes(UTF_8));
    assertThat(json.flaw()).isEqualTo(JsonFlaw.NOT_JSON);
  }

  @Test
  void manyMembersOfAnyOrderComeIntoOneOrderAndEqualNamesStayAsTheyStood() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < 1000; i++) {
      text.append(i == 0 ? "" : ",").append("\"").append(i * 7919 % 500).append("\":").append(i);
    }

    requireAgreement(text.append('}').toString().getBytes(UTF_8));
    assertThat(json.flaw()).isEqualTo(JsonFlaw.NAME_TWICE);
  }

  @Test
  void loneSurrogatesStayApartInNamesAndValues() {
    assertThat(canonical("{\"\\ud800\":1}")).isNotEqualTo(canonical("{\"\\ud801\":1}"));
    assertThat(json.flaw()).isEqualTo(JsonFlaw.LONE_SURROGATE);
    assertThat(canonical("\"\\ud83d\\ude00\"")).isEqualTo(canonical("\"😀\""));
    assertThat(canonical("{\"\\uD83D\\uDE00\":1}")).isEqualTo(canonical("{\"😀\":1}"));
    assertThat(json.flaw()).isEqualTo(JsonFlaw.NONE);
  }

  @Test
  void aPartOfALargerTextIsReadToItsEndOnly() {
    byte[] larger = "12345[1, 2]678".getBytes(UTF_8);
    json.encode(larger, 5, 6);

    assertThat(Arrays.copyOf(json.bytes(), json.size())).isEqualTo(canonical("[1,2]"));
  }
}
