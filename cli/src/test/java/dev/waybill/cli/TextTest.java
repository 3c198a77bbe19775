package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TextTest {
  @Test
  void durationsAreAsPreciseAsTheyAreLong() {
    assertThat(Text.duration(Duration.ofMillis(40))).isEqualTo("0.0 s");
    assertThat(Text.duration(Duration.ofMillis(1_234))).isEqualTo("1.2 s");
    assertThat(Text.duration(Duration.ofSeconds(42))).isEqualTo("42 s");
    assertThat(Text.duration(Duration.ofSeconds(200))).isEqualTo("3 min 20 s");
    assertThat(Text.duration(Duration.ofMinutes(125))).isEqualTo("2 h 5 min");
  }

  @Test
  void sizesHaveTwoDigitsAtLeast() {
    assertThat(Text.bytes(1)).isEqualTo("1 byte");
    assertThat(Text.bytes(999)).isEqualTo("999 bytes");
    assertThat(Text.bytes(1_234)).isEqualTo("1.2 kB");
    assertThat(Text.bytes(999_999)).isEqualTo("1.0 MB");
    assertThat(Text.bytes(438_000_000)).isEqualTo("438 MB");
  }

  @Test
  void oneRecordIsSingular() {
    assertThat(Text.records(1)).isEqualTo("1 record");
    assertThat(Text.records(0)).isEqualTo("0 records");
    assertThat(Text.records(1_204)).isEqualTo("1,204 records");
  }

  @Test
  void aCutTextFitsItsColumns() {
    assertThat(Text.cut("abc", 3)).isEqualTo("abc");
    assertThat(Text.cut("abcd", 3)).isEqualTo("ab…");
    assertThat(Text.width(Text.cut("消息消息", 4))).isLessThanOrEqualTo(4);
    assertThat(Text.width("e\u0301")).isEqualTo(1);
  }

  @Test
  void controlCharactersAreShownNotSent() {
    assertThat(Text.plain("a\033[31mb\u202Ec")).isEqualTo("a\\u001b[31mb\\u202ec");
    assertThat(Text.plain("Größe 消息")).isEqualTo("Größe 消息");
  }
}
