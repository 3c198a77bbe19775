package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Utf8Test {
  private static final int[] EDGES = {
    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
    0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF
  };

  @Example
  void everySequenceOfUpToFourEdgeBytesIsJudgedAsTheJdkDoes() {
    for (int a : EDGES) {
      assertJudgedAlike(bytes(a));
      for (int b : EDGES) {
        assertJudgedAlike(bytes(a, b));
        for (int c : EDGES) {
          assertJudgedAlike(bytes(a, b, c));
          for (int d : EDGES) {
            assertJudgedAlike(bytes(a, b, c, d));
          }
        }
      }
    }
  }

  @Property
  void anyTextIsValidAndCutTextIsJudgedAsTheJdkDoes(@ForAll String text, @ForAll Random random) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    assertThat(Utf8.isValid(utf8, 0, utf8.length)).isTrue();

    assertJudgedAlike(Arrays.copyOf(utf8, random.nextInt(utf8.length + 1)));
  }

  @Example
  void onlyTheRangeAskedForIsLookedAt() {
    byte[] bytes = bytes(0xFF, 0x00, 0xC3, 0xA9, 0xFF);

    assertThat(Utf8.isValid(bytes, 1, 3)).isTrue();
    assertThat(Utf8.isValid(bytes, 1, 2)).isFalse();
    assertThat(Utf8.containsNul(bytes, 1, 1)).isTrue();
    assertThat(Utf8.containsNul(bytes, 2, 3)).isFalse();
    assertThat(Utf8.isValid(bytes, 5, 0)).isTrue();
  }

  @Property
  void halvesOfSurrogatePairsAreAllThatWtf8AddsToUtf8(@ForAll char[] units) {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    boolean hasHalf = false;
    boolean hasPair = false;
    for (int i = 0; i < units.length; i++) {
      char unit = units[i];
      // Letters as often as halves.
      unit = unit % 2 == 0 ? unit : (char) (0xD800 | unit >> 5);
      hasPair |= i > 0 && Character.isLowSurrogate(unit) && Character.isHighSurrogate(units[i - 1]);
      units[i] = unit;
      if (Character.isSurrogate(unit)) {
        hasHalf = true;
        bytes.writeBytes(bytes(0xE0 | unit >> 12, 0x80 | unit >> 6 & 0x3F, 0x80 | unit & 0x3F));
      } else {
        bytes.writeBytes(String.valueOf(unit).getBytes(StandardCharsets.UTF_8));
      }
    }
    byte[] all = bytes.toByteArray();

    assertThat(Utf8.isWtf8(all, 0, all.length)).isEqualTo(!hasPair);
    assertThat(Utf8.isValid(all, 0, all.length)).isEqualTo(!hasHalf);
    byte[] broken = Arrays.copyOf(all, all.length + 1);
    broken[all.length] = (byte) 0xED;
    assertThat(Utf8.isWtf8(broken, 0, broken.length)).isFalse();
  }

  @Property
  void plainAsciiIsWhatHasOnlyBytesFrom1To127(@ForAll byte[] bytes, @ForAll Random random) {
    if (random.nextBoolean()) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (1 + (bytes[i] & 0x7F) % 127);
      }
      if (bytes.length > 0 && random.nextBoolean()) {
        bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean() ? 0 : 0x80);
      }
    }
    int from = random.nextInt(bytes.length + 1);
    int length = random.nextInt(bytes.length - from + 1);
    boolean isPlain = true;
    for (int i = from; i < from + length; i++) {
      isPlain &= bytes[i] > 0;
    }

    assertThat(Utf8.isPlainAscii(bytes, from, length)).isEqualTo(isPlain);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static void assertJudgedAlike(byte[] bytes) {
    if (Utf8.isValid(bytes, 0, bytes.length) != isValidToTheJdk(bytes)) {
      assertThat(Utf8.isValid(bytes, 0, bytes.length))
          .as(Arrays.toString(bytes))
          .isEqualTo(isValidToTheJdk(bytes));
    }
  }

  private static boolean isValidToTheJdk(byte[] bytes) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }
}
