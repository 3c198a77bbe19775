package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class VectorEvidenceTest {
  private static final int RECORDS = 200;

  private static VectorEvidence of(int records, Function<Integer, byte[]> value) {
    RecordBatch batch = new RecordBatch(1);
    VectorEvidence evidence = new VectorEvidence();
    for (int i = 0; i < records; i++) {
      byte[] bytes = value.apply(i);
      if (bytes == null) {
        batch.putNull();
      } else {
        batch.putBytes(bytes);
      }
      evidence.add(batch, batch.at(i, 0));
    }
    return evidence;
  }

  private static byte[] singles(int dimension, Function<Integer, Float> element) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * dimension).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimension; i++) {
      bytes.putFloat(element.apply(i));
    }
    return bytes.array();
  }

  private static byte[] doubles(int dimension, Function<Integer, Double> element) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * dimension).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimension; i++) {
      bytes.putDouble(element.apply(i));
    }
    return bytes.array();
  }

  private static final List<LogicalType> NONE = List.of();

  private static List<LogicalType> vectors(LogicalType element, int dimension) {
    return List.of(LogicalType.vector(element, dimension));
  }

  @Test
  void floatsOfEitherWidthAreTold() {
    Random random = new Random(1);
    for (int dimension : new int[] {4, 7, 128, 1536}) {
      assertThat(
              of(RECORDS, i -> singles(dimension, k -> (float) random.nextGaussian() / 20))
                  .types(false))
          .isEqualTo(vectors(LogicalType.FLOAT32, dimension));
      assertThat(of(RECORDS, i -> doubles(dimension, k -> random.nextGaussian())).types(false))
          .isEqualTo(vectors(LogicalType.FLOAT64, dimension));
      // Floats that were made doubles, and whole numbers.
      assertThat(
              of(RECORDS, i -> doubles(dimension, k -> (double) (float) random.nextGaussian()))
                  .types(false))
          .isEqualTo(vectors(LogicalType.FLOAT64, dimension));
      assertThat(of(RECORDS, i -> doubles(dimension, k -> (double) (k % 5 + 1))).types(false))
          .isEqualTo(vectors(LogicalType.FLOAT64, dimension));
    }
  }

  @Test
  void nullsZerosAndUnlikeMagnitudesDoNotSpeakAgainst() {
    Random random = new Random(2);
    VectorEvidence evidence =
        of(
            RECORDS,
            i ->
                i % 10 == 0
                    ? null
                    : singles(
                        64,
                        k ->
                            i % 7 == 0 || k % 3 == 0
                                ? 0f
                                : (float) random.nextGaussian() * (i % 2 == 0 ? 1 : 300)));

    assertThat(evidence.types(false)).isEqualTo(vectors(LogicalType.FLOAT32, 64));
    assertThat(evidence.values()).isEqualTo(180);
    assertThat(evidence.nulls()).isEqualTo(20);
  }

  @Test
  void oneValueThatIsNoneSpeaksAgainstAll() {
    Function<Integer, byte[]> vectors = i -> singles(16, k -> (k + 1) / 16f);
    assertThat(of(RECORDS, vectors).types(false)).isNotEmpty();
    for (byte[] odd :
        new byte[][] {
          new byte[0],
          singles(15, k -> 1f),
          singles(17, k -> 1f),
          singles(16, k -> k == 9 ? Float.NaN : 1f),
          singles(16, k -> k == 9 ? Float.NEGATIVE_INFINITY : 1f),
          singles(16, k -> k == 9 ? 1e7f : 1f),
          singles(16, k -> k == 9 ? Float.MIN_VALUE : 1f)
        }) {
      assertThat(of(RECORDS, i -> i == 150 ? odd : vectors.apply(i)).types(true)).isEqualTo(NONE);
    }
  }

  @Test
  void otherBytesAreNotTakenForVectors() {
    Random random = new Random(3);
    Function<Integer, Function<Integer, byte[]>> noise =
        length ->
            i -> {
              byte[] bytes = new byte[length];
              random.nextBytes(bytes);
              return bytes;
            };
    for (int length : new int[] {8, 16, 20, 32, 64, 1024}) {
      assertThat(of(RECORDS, noise.apply(length)).types(true)).as("noise of %s", length).isEmpty();
    }
    assertThat(of(RECORDS, i -> new byte[64]).types(true)).as("zeros").isEmpty();
    assertThat(
            of(
                    RECORDS,
                    i ->
                        "2026-01-01 10:%02d 12"
                            .formatted(i % 60)
                            .getBytes(StandardCharsets.US_ASCII))
                .types(true))
        .as("dates")
        .isEmpty();
    assertThat(of(RECORDS, i -> "1234 5678 90 12 ".getBytes(StandardCharsets.US_ASCII)).types(true))
        .as("digits")
        .isEmpty();
    assertThat(of(RECORDS, i -> halves(128, random)).types(true)).as("halves").isEmpty();
    // Two of these are a float that is plausible, but for how unlike its neighbours it is.
    assertThat(
            of(
                    RECORDS,
                    i -> {
                      ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
                      for (int k = 0; k < 128; k++) {
                        bytes.putShort(
                            (short) HalfFloat.nearest(0.25f + random.nextFloat() * 0.7f));
                      }
                      return bytes.array();
                    })
                .types(true))
        .as("large halves")
        .isEmpty();
    assertThat(of(RECORDS, i -> integers(64, random)).types(true)).as("int32").isEmpty();
    assertThat(
            of(
                    RECORDS,
                    i -> {
                      ByteBuffer big = ByteBuffer.allocate(256);
                      for (int k = 0; k < 64; k++) {
                        big.putFloat((float) random.nextGaussian());
                      }
                      return big.array();
                    })
                .types(true))
        .as("big-endian")
        .isEmpty();
    assertThat(of(0, i -> null).types(true)).isEqualTo(NONE);
  }

  private static byte[] halves(int dimension, Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * dimension).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimension; i++) {
      bytes.putShort((short) HalfFloat.nearest((float) random.nextGaussian() / 10));
    }
    return bytes.array();
  }

  private static byte[] integers(int dimension, Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * dimension).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimension; i++) {
      bytes.putInt(random.nextInt(1_000) + 1);
    }
    return bytes.array();
  }

  @Test
  void fewNumbersAreBelievedOnlyWithAHint() {
    VectorEvidence few = of(2, i -> singles(8, k -> 0.5f + k));

    assertThat(few.types(false)).isEqualTo(NONE);
    assertThat(few.types(true)).isEqualTo(vectors(LogicalType.FLOAT32, 8));
  }

  @Test
  void fewBytesThatEitherWidthFitsAreSaidToBeOfBothManyOfTheNarrow() {
    // Floats between a half and one, two of which are a plausible double too.
    Random random = new Random(8);
    Function<Integer, byte[]> vectors = i -> singles(16, k -> 0.5f + random.nextFloat() / 2);
    assertThat(of(3, vectors).types(true))
        .containsExactly(
            LogicalType.vector(LogicalType.FLOAT32, 16),
            LogicalType.vector(LogicalType.FLOAT64, 8));
    assertThat(of(4, vectors).types(true))
        .containsExactly(LogicalType.vector(LogicalType.FLOAT32, 16));
  }

  private static VectorEvidence texts(Function<Integer, String> value) {
    RecordBatch batch = new RecordBatch(1);
    VectorEvidence evidence = new VectorEvidence();
    for (int i = 0; i < RECORDS; i++) {
      batch.putText(value.apply(i));
      evidence.add(batch, batch.at(i, 0));
    }
    return evidence;
  }

  private static String array(int dimension, Function<Integer, String> number) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < dimension; i++) {
      text.append(i == 0 ? "" : ", ").append(number.apply(i));
    }
    return text.append("]").toString();
  }

  @Test
  void textsOfNumbersAreVectorsOnlyIfSomethingElseSaysSoToo() {
    Random random = new Random(9);
    Function<Integer, String> arrays =
        i -> array(16, k -> Float.toString((float) random.nextGaussian()));

    assertThat(texts(arrays).types(true)).isEqualTo(vectors(LogicalType.FLOAT32, 16));
    assertThat(texts(arrays).isOfTexts()).isTrue();
    assertThat(texts(arrays).types(false)).isEmpty();
    // As Python spells a float32: as the float64 that equals it.
    assertThat(
            texts(i -> array(16, k -> Double.toString((float) random.nextGaussian()))).types(true))
        .isEqualTo(vectors(LogicalType.FLOAT32, 16));
  }

  @Test
  void oneTextThatIsNoneSpeaksAgainstAll() {
    Function<Integer, String> arrays = i -> array(16, k -> "0." + (i + k + 1));
    assertThat(texts(arrays).types(true)).isNotEmpty();
    for (String odd :
        new String[] {
          "",
          "[]",
          "no array",
          array(15, k -> "0.5"),
          array(17, k -> "0.5"),
          array(16, k -> k == 9 ? "null" : "0.5"),
          array(16, k -> k == 9 ? "\"0.5\"" : "0.5"),
          array(16, k -> k == 9 ? "[0.5]" : "0.5"),
          array(16, k -> k == 9 ? "NaN" : "0.5"),
          array(16, k -> k == 9 ? "1e999999999" : "0.5"),
          array(16, k -> k == 9 ? "1e39" : "0.5"),
          // More digits than a float32 has.
          array(16, k -> k == 9 ? "0.12345678901234567" : "0.5"),
          array(16, k -> "0.5") + " ,",
          array(16, k -> "0.5").replace("]", "")
        }) {
      assertThat(texts(i -> i == 150 ? odd : arrays.apply(i)).types(true)).as(odd).isEmpty();
    }
  }

  @Test
  void shortOrWholeNumbersInTextAreNoVectors() {
    assertThat(texts(i -> array(7, k -> "0.5")).types(true)).isEmpty();
    assertThat(texts(i -> array(16, k -> "" + (i + k))).types(true)).isEmpty();
  }
}
