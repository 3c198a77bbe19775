package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;
import org.junit.jupiter.api.Assertions;

@Domain(Values.class)
@Domain(DomainContext.Global.class)
class CanonicalFormTest {
  private final CanonicalForm canonical = new CanonicalForm();

  @Property(tries = 3000)
  void valuesAreEqualExactlyIfTheirCanonicalFormsAre(@ForAll Value a, @ForAll Value b) {
    RecordBatch one = new RecordBatch(1);
    RecordBatch other = new RecordBatch(1);
    a.put(one);
    b.put(other);
    boolean areEqual = a.identity().equals(b.identity());

    assertThat(canonical.areEqual(one, 0, other, 0)).isEqualTo(areEqual);
    assertThat(canonical.digest(one, 0).equals(canonical.digest(other, 0))).isEqualTo(areEqual);
  }

  @Property(tries = 3000)
  void recordsAreEqualExactlyIfAllTheirValuesAre(
      @ForAll List<Value> first, @ForAll List<Value> second) {
    List<Value> a = first.isEmpty() ? second : first;
    List<Value> b = second.isEmpty() ? first : second;
    if (a.isEmpty()) {
      return;
    }
    RecordBatch one = Values.batch(List.of(a));
    RecordBatch other = Values.batch(List.of(b));

    assertThat(canonical.digest(one, 0).equals(canonical.digest(other, 0)))
        .isEqualTo(identities(a).equals(identities(b)));
  }

  @Property(tries = 500)
  void theDigestOfAllFieldsIsTheOneOfTheRecord(@ForAll Values.Records records) {
    RecordBatch batch = records.batch();
    int[] all = new int[batch.width()];
    Arrays.setAll(all, i -> i);

    for (int i = 0; i < batch.records(); i++) {
      RecordDigest whole = canonical.digest(batch, i);
      assertThat(canonical.digest(batch, i, all)).isEqualTo(whole);
      assertThat(new CanonicalForm().digest(batch.slice(i, i + 1), 0)).isEqualTo(whole);
    }
  }

  @Property(tries = 500)
  void twoSpellingsOfADecimalAreOneValue(@ForAll long unscaled, @ForAll short scale) {
    java.math.BigDecimal value = java.math.BigDecimal.valueOf(unscaled, scale % 400);

    assertThat(sameDecimal(value.toString(), value.toPlainString())).isTrue();
    assertThat(sameDecimal(value.toString(), value.setScale(401).toString())).isTrue();
    assertThat(sameDecimal(value.toString(), value.add(value.ulp()).toString())).isFalse();
  }

  @Example
  void fieldBoundariesCount() {
    assertThat(digestOfTexts("ab", "c")).isNotEqualTo(digestOfTexts("a", "bc"));
    assertThat(digestOfTexts("", "a")).isNotEqualTo(digestOfTexts("a", ""));
  }

  @Example
  void everyNaNIsOne() {
    RecordBatch batch = new RecordBatch(1);
    for (long bits : new long[] {0x7FF8000000000000L, 0x7FF0000000000001L, -1L}) {
      batch.putFloat64(Double.longBitsToDouble(bits));
    }

    assertThat(canonical.digest(batch, 1)).isEqualTo(canonical.digest(batch, 0));
    assertThat(canonical.digest(batch, 2)).isEqualTo(canonical.digest(batch, 0));
  }

  @Example
  void textThatIsNoJsonIsEqualToTheSameBytesOnly() {
    List<byte[]> odd =
        List.of(
            utf8(""),
            utf8(" "),
            utf8("{"),
            utf8("[1,]"),
            utf8("[1] "),
            utf8("[1]x"),
            utf8("[1] [1]"),
            utf8("'a'"),
            utf8("01"),
            utf8("1."),
            utf8("NaN"),
            utf8("\"a\nb\""),
            utf8("\uFEFF[1]"),
            "[1]".getBytes(StandardCharsets.UTF_16BE),
            "[1]".getBytes(StandardCharsets.UTF_16LE),
            new byte[] {'"', 'A', '"'},
            new byte[] {'"', (byte) 0xC1, (byte) 0x81, '"'},
            new byte[] {'"', (byte) 0xE0, (byte) 0x81, (byte) 0x81, '"'},
            utf8("\"\\ud800\""),
            new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'},
            new byte[] {'"', (byte) 0xFF, '"'},
            utf8("[".repeat(3000) + "]".repeat(3000)),
            utf8("[".repeat(3000) + " " + "]".repeat(3000)));

    for (byte[] a : odd) {
      for (byte[] b : odd) {
        assertThat(sameJson(a, b)).as(show(a) + " and " + show(b)).isEqualTo(Arrays.equals(a, b));
      }
    }
  }

  @Example
  void hostileJsonCostsNoMoreThanItsLength() {
    List<byte[]> hostile =
        List.of(
            utf8("[".repeat(1_000_000)),
            utf8("{\"a\":".repeat(100_000)),
            utf8("1e" + "9".repeat(1_000_000)),
            utf8("1e-" + "9".repeat(1_000_000)),
            utf8("9".repeat(1_000_000)),
            utf8("0." + "0".repeat(1_000_000) + "1"),
            utf8("\"" + "\\u0061".repeat(200_000) + "\""),
            manyNames());

    Assertions.assertTimeout(
        Duration.ofSeconds(20),
        () -> {
          for (byte[] text : hostile) {
            assertThat(sameJson(text, text.clone())).isTrue();
            byte[] other = Arrays.copyOf(text, text.length + 1);
            other[text.length] = ' ';
            sameJson(text, other);
          }
        });
  }

  @Example
  void exponentsBeyondReasonStayApart() {
    String huge = "9".repeat(5000);

    assertThat(sameJson(utf8("1e" + huge), utf8("1e" + huge + "1"))).isFalse();
    assertThat(sameJson(utf8("1e" + huge), utf8("1e-" + huge))).isFalse();
    assertThat(sameJson(utf8("[1e" + huge + "]"), utf8("[ 1e" + huge + "]"))).isTrue();
  }

  private static byte[] manyNames() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < 50_000; i++) {
      text.append(i == 0 ? "" : ",").append("\"n").append((i * 7919) % 50_000).append("\":0");
    }
    return utf8(text.append("}").toString());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String show(byte[] bytes) {
    return new String(bytes, 0, Math.min(20, bytes.length), StandardCharsets.ISO_8859_1);
  }

  private boolean sameJson(byte[] a, byte[] b) {
    RecordBatch batch = new RecordBatch(2);
    batch.putJson(a);
    batch.putJson(b);
    RecordDigest first = canonical.digest(batch, 0, new int[] {0});
    return first.equals(canonical.digest(batch, 0, new int[] {1}));
  }

  private boolean sameDecimal(String a, String b) {
    RecordBatch batch = new RecordBatch(2);
    batch.putDecimal(a);
    batch.putDecimal(b);
    return canonical.areEqual(batch, batch.at(0, 0), batch, batch.at(0, 1));
  }

  private RecordDigest digestOfTexts(String a, String b) {
    RecordBatch batch = new RecordBatch(2);
    batch.putText(a);
    batch.putText(b);
    return canonical.digest(batch, 0);
  }

  private static List<List<Object>> identities(List<Value> values) {
    return values.stream().map(Value::identity).toList();
  }
}
