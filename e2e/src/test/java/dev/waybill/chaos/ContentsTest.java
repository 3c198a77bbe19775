package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.chaos.Contents.Difference;
import dev.waybill.chaos.Contents.Policy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The eyes of the chaos runner see what is wrong. */
class ContentsTest {
  @TempDir private Path folder;
  private SqliteFile source;
  private SqliteFile target;

  @BeforeEach
  void copies() throws Exception {
    source = new SqliteFile(folder.resolve("source.db"));
    target = new SqliteFile(folder.resolve("target.db"));
    new Trial(folder, target).people(50);
    Files.copy(source.file(), target.file());
  }

  private static void write(Place place, String statement) throws Exception {
    try (Connection connection = place.connect();
        Statement writing = connection.createStatement()) {
      assertThat(writing.executeUpdate(statement)).isEqualTo(1);
    }
  }

  private Difference difference(Contents before, Policy policy) throws Exception {
    return before.with(Contents.of(source), policy).difference(Contents.of(target));
  }

  private Difference difference() throws Exception {
    return difference(new Contents(), Policy.FAIL);
  }

  @Test
  void equalContentsDoNotDiffer() throws Exception {
    assertThat(difference().isNone()).isTrue();
  }

  @Test
  void aRecordThatIsMissingIsLost() throws Exception {
    write(target, "DELETE FROM messages WHERE id = 6");
    write(target, "DELETE FROM log WHERE rowid = 7");

    assertThat(difference().lost()).isEqualTo(2);
  }

  @Test
  void aRecordWithoutKeyThatCameAgainIsThereTwice() throws Exception {
    write(target, "INSERT INTO log SELECT * FROM log WHERE rowid = 7");

    assertThat(difference().twice()).isEqualTo(1);
  }

  @Test
  void aRecordOfOtherContentOrThatNobodyWroteIsWrong() throws Exception {
    write(target, "UPDATE people SET photo = x'00ff00ff00' WHERE id = 9");
    write(target, "INSERT INTO tags VALUES (9, 'new', 1.5, 1)");

    assertThat(difference().wrong()).isEqualTo(2);
  }

  @Test
  void thePolicySaysWhichContentIsRight() throws Exception {
    write(target, "UPDATE people SET note = 'theirs', version = version + 1 WHERE id = 9");
    write(target, "UPDATE people SET note = 'theirs', version = version - 1 WHERE id = 10");
    Contents before = Contents.of(target);

    assertThat(difference(before, Policy.SKIP).wrong()).isZero();
    assertThat(difference(before, Policy.OVERWRITE).wrong()).isEqualTo(2);
    assertThat(difference(before, Policy.NEWER).wrong()).isEqualTo(1);
  }

  @Test
  void aPortraitShowsWhatWasLeftBehind() throws Exception {
    Portrait before = target.portrait();
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE INDEX left_behind ON people (name)");
    }
    write(target, "UPDATE people SET weight = 0.1 + 0.2 WHERE id = 9");

    assertThat(before.differences(before)).isEmpty();
    assertThat(before.differences(target.portrait()))
        .anyMatch(line -> line.startsWith("+ definitions") && line.contains("left_behind"))
        .anyMatch(line -> line.startsWith("- records of people"))
        .anyMatch(line -> line.startsWith("+ records of people") && line.contains("0.3"));
  }
}
