package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.StoreException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IndexIdsTest {
  /** Written by Python's pickle, protocols 3 and 4, of the class of Chroma for Python. */
  private static final String PROTOCOL_3 =
      "gANjY2hyb21hZGIuc2VnbWVudC5pbXBsLnZlY3Rvci5sb2NhbF9wZXJzaXN0ZW50X2huc3cKUGVyc2lzdGVudERhdGEK"
          + "cQApgXEBfXECKFgOAAAAZGltZW5zaW9uYWxpdHlxA0sCWBQAAAB0b3RhbF9lbGVtZW50c19hZGRlZHEESwNYCgAA"
          + "AG1heF9zZXFfaWRxBUsHWAsAAABpZF90b19sYWJlbHEGfXEHKFgBAAAAYXEISwFYAQAAAGJxCUsCWAIAAADDvHEK"
          + "TSwBdVgLAAAAbGFiZWxfdG9faWRxC31xDChLAWgISwJoCU0sAWgKdVgMAAAAaWRfdG9fc2VxX2lkcQ19cQ51Yi4=";

  private static final String PROTOCOL_4 =
      "gASV4gAAAAAAAACMMmNocm9tYWRiLnNlZ21lbnQuaW1wbC52ZWN0b3IubG9jYWxfcGVyc2lzdGVudF9obnN3lIwOUGVy"
          + "c2lzdGVudERhdGGUk5QpgZR9lCiMDmRpbWVuc2lvbmFsaXR5lEsCjBR0b3RhbF9lbGVtZW50c19hZGRlZJRLA4wK"
          + "bWF4X3NlcV9pZJRLB4wLaWRfdG9fbGFiZWyUfZQojAFhlEsBjAFilEsCjALDvJRNLAF1jAtsYWJlbF90b19pZJR9"
          + "lChLAWgKSwJoC00sAWgMdYwMaWRfdG9fc2VxX2lklH2UdWIu";

  private static final String ONE_PAIR =
      "gASVhgAAAAAAAAB9lCiMDmRpbWVuc2lvbmFsaXR5lEsCjBR0b3RhbF9lbGVtZW50c19hZGRlZJRLA4wKbWF4X3NlcV9p"
          + "ZJRLB4wLaWRfdG9fbGFiZWyUfZSMBG9ubHmUSnARAQBzjAtsYWJlbF90b19pZJR9lEpwEQEAaAZzjAxpZF90b19z"
          + "ZXFfaWSUfZR1Lg==";

  /** Would run a command if it were carried out. */
  private static final String COMMAND =
      "gAJ9cQBYCwAAAGlkX3RvX2xhYmVscQFjcG9zaXgKc3lzdGVtCnECWAcAAABlY2hvIGhpcQOFcQRScQVzLg==";

  private static Map<String, Long> read(byte[] bytes) throws Exception {
    Map<String, Long> found = new LinkedHashMap<>();
    IndexIds.read(
        Path.of("some.pickle"),
        new ByteArrayInputStream(bytes),
        (id, label) -> found.put(new String(id, StandardCharsets.UTF_8), label));
    return found;
  }

  private static byte[] decoded(String text) {
    return Base64.getDecoder().decode(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {PROTOCOL_3, PROTOCOL_4})
  void whatPythonWroteIsReadLikeWhatChromaWritesNow(String pickle) throws Exception {
    Map<String, Long> found = new LinkedHashMap<>();
    IndexIds.Told told =
        IndexIds.read(
            Path.of("some.pickle"),
            new ByteArrayInputStream(decoded(pickle)),
            (id, label) -> found.put(new String(id, StandardCharsets.UTF_8), label));

    assertThat(found).isEqualTo(Map.of("a", 1L, "b", 2L, "ü", 300L));
    assertThat(told).isEqualTo(new IndexIds.Told(2, 7));
  }

  @Test
  void aDictionaryOfOnePairIsReadThough() throws Exception {
    assertThat(read(decoded(ONE_PAIR))).isEqualTo(Map.of("only", 70_000L));
  }

  @Test
  void anEmptyDictionaryHasNoIds() throws Exception {
    assertThat(read(HandMade.pickle(Map.of("a", 7)))).isEqualTo(Map.of("a", 7L));
    assertThat(read(new byte[] {(byte) 0x80, 3, '}', '.'})).isEmpty();
  }

  @Test
  void nothingIsEverCarriedOut() {
    assertThatThrownBy(() -> read(decoded(COMMAND)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("posix system")
        .hasMessageContaining("byte 23");
  }

  @Test
  void aTextOfFourGigabytesIsRefusedBeforeItIsRead() {
    assertThatThrownBy(() -> read(new byte[] {(byte) 0x80, 3, '}', '(', 'X', -1, -1, -1, -1}))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("4,294,967,295");
  }

  @Test
  void whatIsNestedDeeplyIsRefused() {
    byte[] bomb = new byte[100_000];
    for (int i = 0; i < bomb.length; i++) {
      bomb[i] = (byte) (i % 2 == 0 ? '}' : '(');
    }
    assertThatThrownBy(() -> read(bomb)).isInstanceOf(StoreException.class);
  }

  @Test
  void everyCutIsNoticedAndNamed() throws Exception {
    for (byte[] whole :
        new byte[][] {HandMade.pickle(Map.of("a", 7, "b", 8)), decoded(PROTOCOL_3)}) {
      for (int cut = 0; cut < whole.length; cut++) {
        byte[] start = Arrays.copyOf(whole, cut);
        assertThatThrownBy(() -> read(start))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("some.pickle");
      }
    }
  }

  @Test
  void anyBytesAreReadOrRefused() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[][] whole = {HandMade.pickle(Map.of("a", 7, "b", 8)), decoded(PROTOCOL_4)};
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = whole[i % 2].clone();
      for (int j = random.nextInt(3); j >= 0; j--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      }
      try {
        read(changed);
      } catch (StoreException refused) {
        assertThat(refused.getMessage()).as("seed " + seed).contains("some.pickle");
      }
    }
  }
}
