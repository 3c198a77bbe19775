package dev.waybill.testkit;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Texts, byte strings and uuids. */
final class HardTexts {
  private HardTexts() {}

  private static void text(HardValues values, String name, String text) {
    values.add(name, batch -> batch.putText(text));
  }

  private static void noUtf8(HardValues values, String name, String hex) {
    values.add(name, batch -> batch.putText(HexFormat.of().parseHex(hex)));
  }

  /** A long text, spelled as what it is made of. */
  private static void repeated(HardValues values, String name, String unit, int times) {
    values.add(
        name,
        batch -> batch.putText(unit.repeat(times)),
        Map.of(
            HardValues.SQLITE,
            "replace(hex(zeroblob(" + times + ")), '00', '" + unit + "')",
            HardValues.POSTGRES,
            "repeat('" + unit + "', " + times + ")"));
  }

  static void texts(HardValues values) {
    text(values, "empty text", "");
    text(values, "a space", " ");
    text(values, "spaces around", "  a  ");
    text(values, "blanks at the end, as of char(n)", "abc   ");
    text(values, "twelve blanks", " ".repeat(12));
    text(values, "a no-break space", "\u00A0a\u00A0");
    text(values, "tab, newline, return", "a\tb\nc\r\nd\r");
    text(values, "only a newline", "\n");
    text(values, "only a NUL", "\0");
    text(values, "NUL within", "a\0b");
    text(values, "NUL at the end", "a\0");
    text(values, "other control characters", "\1\2\b\f\33\177");
    text(values, "C1 control characters", "\u0080\u009F");
    text(values, "quotes", "'\"`´'' \"\"");
    text(values, "one quote", "'");
    text(values, "backslashes", "\\ \\n \\N \\.");
    text(values, "a backslash at the end", "a\\");
    text(values, "COPY's null", "\\N");
    text(values, "COPY's end", "\\.");
    text(values, "the word NULL", "NULL");
    text(values, "an injection", "'); DROP x;");
    text(values, "a comment", "a -- b /* */");
    text(values, "a dollar quote", "$$a$x$$");
    text(values, "a parameter", "$1 ? :a %s {}");
    text(values, "wildcards", "100%_");
    text(values, "leading zeros", "007");
    text(values, "a number's look", "1e5");
    text(values, "a large number's look", "9223372036854775808");
    text(values, "a hexadecimal number's look", "0x10");
    text(values, "NaN's look", "NaN");
    text(values, "infinity's look", "-Infinity");
    text(values, "a truth's look", "true");
    text(values, "a date's look", "2024-02-30");
    text(values, "a JSON's look", "{\"a\": 1.0}");
    text(values, "a blob's look", "x'00'");
    text(values, "a uuid in lower case", "deadbeef-dead-4eef-8ead-beefdeadbeef");
    text(values, "a uuid in upper case", "DEADBEEF-DEAD-4EEF-8EAD-BEEFDEADBEEF");
    text(values, "a uuid without dashes", "deadbeefdead4eef8eadbeefdeadbeef");
    text(values, "the nil uuid", "00000000-0000-0000-0000-000000000000");
    text(values, "the max uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF");
    text(values, "precomposed", "é");
    text(values, "combining", "e\u0301");
    text(values, "many combining", "e" + "\u0301".repeat(11));
    text(values, "a compatibility form", "ﬁ①Å");
    text(values, "right to left", "שלום \u202E!");
    text(values, "Arabic with marks", "مَرْحَبًا");
    text(values, "emoji", "👩‍👩‍👧‍👦🏳️‍🌈");
    text(values, "a skin tone", "👍🏽");
    text(values, "zero width", "a\u200B\u200D\uFEFFb");
    text(values, "four bytes", "𝔘𐍈");
    text(values, "Chinese", "数据库");
    text(values, "U+FFFF", "\uFFFF");
    text(values, "U+FDD0", "\uFDD0");
    text(values, "U+10FFFF", new String(Character.toChars(0x10FFFF)));
    text(values, "private use", "\uE000");
    text(values, "replacement character", "\uFFFD");
    text(values, "byte order mark", "\uFEFFa");
    text(values, "line separators", "a\u2028b\u2029c\u0085d");
    text(values, "Turkish i", "İıIi");
    text(values, "case folding", "Straße ſΣς");
    text(values, "upper case", "ABC");
    text(values, "lower case", "abc");
    noUtf8(values, "an overlong slash", "c0af");
    noUtf8(values, "an overlong NUL", "61c08062");
    noUtf8(values, "a lone high surrogate", "eda080");
    noUtf8(values, "a lone low surrogate", "61edb08062");
    noUtf8(values, "halves of a pair the wrong way round", "edb080eda080");
    noUtf8(values, "a surrogate pair, as CESU-8 has it", "eda0bdedb880");
    noUtf8(values, "a cut character of two bytes", "61c3");
    noUtf8(values, "a cut character of four bytes", "f09f98");
    noUtf8(values, "a continuation alone", "80");
    noUtf8(values, "Latin-1", "636166e9");
    noUtf8(values, "above U+10FFFF", "f4908080");
    noUtf8(values, "bytes that never occur", "fffe00");
    repeated(values, "ten thousand letters", "ä", 10_000);
    repeated(values, "a megabyte", "0123456789abcdef", 65_536);
  }

  private static void bytes(HardValues values, String name, byte[] bytes) {
    values.add(name, batch -> batch.putBytes(bytes));
  }

  private static void hex(HardValues values, String name, String hex) {
    bytes(values, name, HexFormat.of().parseHex(hex));
  }

  private static void ascii(HardValues values, String name, String text) {
    bytes(values, name, text.getBytes(StandardCharsets.US_ASCII));
  }

  static void bytes(HardValues values) {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    hex(values, "no bytes", "");
    hex(values, "a zero byte", "00");
    hex(values, "eight zero bytes", "0000000000000000");
    bytes(values, "every byte", all);
    hex(values, "0xFF", "ff");
    hex(values, "0x7F", "7f");
    hex(values, "0x80", "80");
    hex(values, "no UTF-8", "c328a0");
    hex(values, "a cut character", "f09f");
    hex(values, "a surrogate", "eda08020");
    ascii(values, "text as bytes", "text");
    ascii(values, "text with a NUL at the end", "text\0");
    hex(values, "UTF-16 with its mark", "fffe61000000");
    ascii(values, "hexadecimal's look", "\\x00");
    ascii(values, "escape's look", "\\000\\'");
    ascii(values, "a backslash", "\\");
    ascii(values, "a quote as byte", "'");
    ascii(values, "newlines", "\r\n\n");
    ascii(values, "COPY's end as bytes", "\\.\n");
    ascii(values, "json's look", "{\"a\":1}");
    ascii(values, "a number's look as bytes", "42");
    hex(values, "gzip's look", "1f8b0800");
    hex(values, "a float32", "0000803f");
    hex(values, "a float32 NaN with a payload", "3412c07f");
    hex(values, "three float32", "0000803f000000c000000080");
    hex(values, "a float64", "000000000000f03f");
    hex(values, "a uuid's 16 bytes", "deadbeefdead4eef8eadbeefdeadbeef");
    hex(values, "a pickle's look", "80049506000000");
    hex(
        values,
        "SHA-256 of nothing",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    values.add(
        "a megabyte of zero bytes",
        batch -> batch.putBytes(new byte[1 << 20]),
        Map.of(
            HardValues.SQLITE,
            "zeroblob(1048576)",
            HardValues.POSTGRES,
            "decode(repeat('00', 1048576), 'hex')"));
  }

  static void uuids(HardValues values) {
    for (String uuid :
        List.of(
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "00000000-0000-0000-0000-000000000001",
            "01000000-0000-0000-0000-000000000000",
            "80000000-0000-0000-0000-000000000000",
            "7fffffff-ffff-ffff-7fff-ffffffffffff",
            "7fffffff-ffff-ffff-ffff-ffffffffffff",
            "00000000-0000-0000-8000-000000000000",
            "00000000-0000-0000-7fff-ffffffffffff",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "000003e8-2363-21ef-b200-325096b39f47",
            "5df41881-3aed-3515-88a7-2f4a814cf09e",
            "f81d4fae-7dec-4d0a-a765-00a0c91e6bf6",
            "2ed6657d-e927-568b-95e1-2665a8aea6a2",
            "1ec9414c-232a-6b00-b3c8-9e6bdeced846",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "320c3d4d-cc00-875b-8ec9-32d5f69181c0",
            "deadbeef-dead-beef-dead-beefdeadbeef",
            "12345678-1234-1234-1234-123456789012",
            "00112233-4455-6677-8899-aabbccddeeff",
            "ffeeddcc-bbaa-9988-7766-554433221100",
            "30313233-3435-3637-3839-616263646566",
            "0a0d0a0d-0000-4000-8000-00000000270a")) {
      values.add("uuid " + uuid, batch -> batch.putUuid(UUID.fromString(uuid)));
    }
    String plain = "c0ffee00-1234-4567-89ab-cdef01234567";
    spelled(values, "a uuid in capitals", plain, plain.toUpperCase(Locale.ROOT));
    spelled(values, "a uuid in braces", plain, "{" + plain + "}");
    spelled(values, "a uuid of one word", plain, plain.replace("-", ""));
    spelled(values, "a uuid in groups of four", plain, "c0ff-ee00-1234-4567-89ab-cdef-0123-4567");
  }

  private static void spelled(HardValues values, String name, String uuid, String spelling) {
    values.add(
        name,
        batch -> batch.putUuid(UUID.fromString(uuid)),
        Map.of(HardValues.POSTGRES, "'" + spelling + "'::uuid"));
  }
}
