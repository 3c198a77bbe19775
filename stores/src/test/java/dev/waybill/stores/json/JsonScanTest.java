package dev.waybill.stores.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The scanner against jackson-core, which knows nothing of it. */
class JsonScanTest {
  private static final String[] SEEDS = {
    "{\"a\":[1,-2.5e+3,true,false,null,\"x\\n\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":{}}}",
    "[[],[0],{\"\":\"\\\\\\\"/\"},-0.0,1E5]",
    "\"plain\"",
    "-120.50e-7"
  };
  private static final String MARKS = "{}[]:,\"\\0123456789.eE+-truefalsn u\t\n\u0001";

  private static boolean isJson(byte[] text) {
    try {
      new JsonScan().scan(text, 0, text.length);
      return true;
    } catch (Malformed malformed) {
      assertThat(malformed.offset()).isBetween(0L, (long) text.length);
      return false;
    }
  }

  private static boolean isJsonToJackson(byte[] text) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      parser.getText();
      return parser.nextToken() == null;
    } catch (com.fasterxml.jackson.core.JsonProcessingException notJson) {
      return false;
    }
  }

  @Test
  void whatIsJsonIsDecidedAsByAnotherParser() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < 100_000; i++) {
      StringBuilder text = new StringBuilder(SEEDS[random.nextInt(SEEDS.length)]);
      for (int change = random.nextInt(4); change > 0 && text.length() > 1; change--) {
        int at = random.nextInt(text.length());
        char mark = MARKS.charAt(random.nextInt(MARKS.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, mark);
          default -> text.setCharAt(at, mark);
        }
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
      boolean isJson = isJson(bytes);
      accepted += isJson ? 1 : 0;
      assertThat(isJson).as("seed %d: %s", seed, text).isEqualTo(isJsonToJackson(bytes));
    }
    assertThat(accepted).as("seed %d", seed).isBetween(10_000, 90_000);
  }

  /** The nearest of the shortest that this double is the nearest to, two digits at least. */
  private static BigDecimal shortest(double value) {
    for (int digits = 2; ; digits++) {
      BigDecimal rounded =
          new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return rounded;
      }
    }
  }

  @Test
  void numbersAreWhatExactArithmeticSays() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      StringBuilder digits = new StringBuilder(random.nextBoolean() ? "-" : "");
      digits.append(1 + random.nextInt(9));
      for (int more = random.nextInt(22); more > 0; more--) {
        digits.append(random.nextInt(10));
      }
      if (random.nextBoolean()) {
        digits.append('.');
        for (int more = 1 + random.nextInt(8); more > 0; more--) {
          digits.append(random.nextInt(10));
        }
      }
      if (random.nextInt(4) == 0) {
        digits.append('e').append(random.nextInt(700) - 350);
      }
      String text = digits.toString();
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      BigDecimal exact = new BigDecimal(text);
      boolean isWhole = text.matches("-?\\d+");
      boolean isInt64 = isWhole && exact.toBigIntegerExact().bitLength() < 64;
      double nearest = Double.parseDouble(text);
      boolean isDouble = Double.isFinite(nearest) && shortest(nearest).compareTo(exact) == 0;

      assertThat(JsonNumbers.isInt64(bytes, 0, bytes.length))
          .as("seed %d: %s", seed, text)
          .isEqualTo(isInt64);
      if (isInt64) {
        assertThat(BigInteger.valueOf(JsonNumbers.int64(bytes, 0, bytes.length)))
            .isEqualTo(exact.toBigIntegerExact());
      }
      assertThat(JsonNumbers.isDouble(bytes, 0, bytes.length))
          .as("seed %d: %s", seed, text)
          .isEqualTo(isDouble);
      assertThat(JsonNumbers.toDouble(bytes, 0, bytes.length))
          .as("seed %d: %s", seed, text)
          .isEqualTo(nearest);
    }
  }

  @Test
  void everyStringComesBackAsAnotherParserReadsIt() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      char[] units = new char[random.nextInt(12)];
      StringBuilder escaped = new StringBuilder("\"");
      for (int unit = 0; unit < units.length; unit++) {
        units[unit] =
            switch (random.nextInt(4)) {
              case 0 -> (char) random.nextInt(0x80);
              case 1 -> (char) (0xD800 + random.nextInt(0x800));
              default -> (char) random.nextInt(0x10000);
            };
        escaped.append(String.format("\\u%04x", (int) units[unit]));
      }
      byte[] json = escaped.append('"').toString().getBytes(StandardCharsets.US_ASCII);
      RecordBatch batch = new RecordBatch(1);
      JsonValues values = new JsonValues();
      values.decode(JsonForm.STRING, json, 0, json.length, batch);
      JsonText out = new JsonText();
      values.encode(JsonForm.STRING, batch, batch.at(0, 0), out);

      assertThat(batch.kind(0, 0)).isEqualTo(Kind.TEXT);
      try (JsonParser parser = new JsonFactory().createParser(out.bytes(), 0, out.size())) {
        parser.nextToken();
        assertThat(parser.getText()).as("seed %d", seed).isEqualTo(new String(units));
      }
    }
  }
}
