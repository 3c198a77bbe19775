package dev.waybill.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The canonical form of records and their digests (docs/formats/canonical.md).
 *
 * <p>Equal values have equal canonical bytes, whatever store they come from: most kinds stand as
 * they are in a {@link RecordBatch}; decimals and JSON are taken by value, instants without the
 * offset they were written with. Not thread-safe: one instance per thread.
 */
public final class CanonicalForm {
  /**
   * Written into every receipt; a new number means that digests cannot be compared with old ones.
   */
  public static final int VERSION = 1;

  private static final int REMEMBERED = 4;
  private static final int LONGEST_REMEMBERED = 4096;

  private final MessageDigest sha256;
  private final CanonicalJson json = new CanonicalJson();
  private final byte[] scratch = new byte[17];
  private final byte[] @Nullable [] texts = new byte[REMEMBERED][];
  private final byte[] @Nullable [] contents = new byte[REMEMBERED][];
  private int oldest;

  public CanonicalForm() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  /** The digest of a whole record. */
  public RecordDigest digest(RecordBatch batch, int record) {
    int run = batch.at(record, 0);
    int at = run;
    for (int field = 0; field < batch.width(); field++) {
      int end = at + batch.lengthAt(at);
      if (!isCanonical(batch.kindAt(at))) {
        sha256.update(batch.bytes(), run, at - run);
        value(batch, at);
        run = end;
      }
      at = end;
    }
    sha256.update(batch.bytes(), run, at - run);
    return finish();
  }

  /** The digest of the chosen fields of a record, in the order given. */
  public RecordDigest digest(RecordBatch batch, int record, int[] fields) {
    for (int field : fields) {
      value(batch, batch.at(record, field));
    }
    return finish();
  }

  /** True if two values of two batches are equal by canonical form. */
  public boolean areEqual(RecordBatch a, int offsetA, RecordBatch b, int offsetB) {
    int lengthA = a.lengthAt(offsetA);
    int lengthB = b.lengthAt(offsetB);
    if (Arrays.equals(
        a.bytes(), offsetA, offsetA + lengthA, b.bytes(), offsetB, offsetB + lengthB)) {
      return true;
    }
    if (a.kindAt(offsetA) != b.kindAt(offsetB) || isCanonical(a.kindAt(offsetA))) {
      return false;
    }
    value(a, offsetA);
    RecordDigest first = finish();
    value(b, offsetB);
    return first.equals(finish());
  }

  private static boolean isCanonical(Kind kind) {
    return switch (kind) {
      case DECIMAL, INSTANT, JSON, LIST -> false;
      case NULL,
          ABSENT,
          BOOLEAN,
          INT64,
          FLOAT32,
          FLOAT64,
          TEXT,
          BYTES,
          UUID,
          DATE,
          TIME,
          TIMESTAMP,
          INTERVAL,
          VECTOR,
          POINT,
          DYNAMIC ->
          true;
    };
  }

  private void value(RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    switch (kind) {
      case DECIMAL -> {
        byte[] normal =
            CanonicalJson.normalNumber(batch.textAt(at), false).getBytes(StandardCharsets.US_ASCII);
        variable(kind, normal, normal.length);
      }
      case JSON -> {
        jsonValue(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
      }
      case INSTANT -> {
        System.arraycopy(batch.bytes(), at, scratch, 0, 13);
        Arrays.fill(scratch, 13, 17, (byte) 0);
        sha256.update(scratch, 0, 17);
      }
      case LIST -> {
        int count = batch.listSizeAt(at);
        header(kind, count);
        int element = batch.firstElement(at);
        for (int i = 0; i < count; i++) {
          value(batch, element);
          element = batch.next(element);
        }
      }
      default -> sha256.update(batch.bytes(), at, batch.lengthAt(at));
    }
  }

  /** The same text often comes twice in a row: as the source has it and as it is written. */
  private void jsonValue(byte[] text, int from, int length) {
    for (int i = 0; i < REMEMBERED; i++) {
      byte[] known = texts[i];
      if (known != null
          && known.length == length
          && Arrays.equals(known, 0, length, text, from, from + length)) {
        byte[] content = Objects.requireNonNull(contents[i]);
        variable(Kind.JSON, content, content.length);
        return;
      }
    }
    json.encode(text, from, length);
    variable(Kind.JSON, json.bytes(), json.size());
    if (length <= LONGEST_REMEMBERED) {
      texts[oldest] = Arrays.copyOfRange(text, from, from + length);
      contents[oldest] = Arrays.copyOf(json.bytes(), json.size());
      oldest = (oldest + 1) % REMEMBERED;
    }
  }

  private void variable(Kind kind, byte[] payload, int length) {
    header(kind, length);
    sha256.update(payload, 0, length);
  }

  private void header(Kind kind, int number) {
    scratch[0] = kind.tag();
    for (int i = 0; i < 4; i++) {
      scratch[1 + i] = (byte) (number >> 24 - 8 * i);
    }
    sha256.update(scratch, 0, 5);
  }

  private RecordDigest finish() {
    byte[] hash = sha256.digest();
    return new RecordDigest(longAt(hash, 0), longAt(hash, 8));
  }

  private static long longAt(byte[] bytes, int at) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = value << 8 | bytes[at + i] & 0xFF;
    }
    return value;
  }
}
