package dev.waybill.e2e;

import dev.waybill.Waybill.OnChanged;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rollbacks in SQLite. */
class RollbackTest {
  @TempDir private Path folder;
  private Path file;
  private Rollbacks rollbacks;

  @BeforeEach
  void begin() {
    file = folder.resolve("target.db");
    rollbacks =
        new Rollbacks(
            folder,
            new Rollbacks.Target() {
              @Override
              public String url() {
                return "sqlite:" + file;
              }

              @Override
              public void run(String sql) {
                Rollbacks.sqlite(file, sql);
              }
            });
  }

  @Test
  void keepTakesTheOwnRecordsOutOfAMadeTable() {
    rollbacks.keepTakesTheOwnRecordsOutOfAMadeTable();
  }

  @Test
  void aMadeTableFromWhichOthersOnlyDeletedIsDropped() {
    rollbacks.aMadeTableFromWhichOthersOnlyDeletedIsDropped();
  }

  @Test
  void withoutItsKeyLogAMadeTableStaysWholeAndThatIsSaid() {
    rollbacks.withoutItsKeyLogAMadeTableStaysWholeAndThatIsSaid();
  }

  @Test
  void aKeyLogThatLacksABatchIsNotUsed() throws IOException {
    rollbacks.aKeyLogThatLacksABatchIsNotUsed();
  }

  @Test
  void aRecordThatSomebodyElseRefersToStaysWithItsTable() {
    rollbacks.aRecordThatSomebodyElseRefersToStaysWithItsTable();
  }

  @Test
  void aMadeTableToWhichSomebodyElsesTableRefersStays() {
    rollbacks.aMadeTableToWhichSomebodyElsesTableRefersStays();
  }

  @Test
  void anAddedRecordThatSomebodyElseRefersToIsKeptAndNamed() {
    rollbacks.anAddedRecordThatSomebodyElseRefersToIsKeptAndNamed();
  }

  @Test
  void aMadeTableThatSomebodyElsesViewNeedsIsEmptiedAndStays() {
    rollbacks.aMadeTableThatSomebodyElsesViewNeedsIsEmptiedAndStays();
  }

  @Test
  void whoRefersToAddedRecordsIsSeenBeforeAnythingIsChanged() {
    rollbacks.whoRefersToAddedRecordsIsSeenBeforeAnythingIsChanged();
  }

  @Test
  void whoRefersToAddedRecordsOfATreeIsSeenBefore() {
    rollbacks.whoRefersToAddedRecordsOfATreeIsSeenBefore();
  }

  @Test
  void whatADeleteWouldReachElsewhereStandsInTheWay() {
    rollbacks.whatADeleteWouldReachElsewhereStandsInTheWay(
        "theirs",
        "CREATE TABLE theirs (id integer PRIMARY KEY,"
            + " who text REFERENCES people(id) ON DELETE SET NULL)",
        "INSERT INTO theirs VALUES (1, 'p15')");
  }

  @Test
  void whoRefersToAddedRecordsWithoutKeyIsSeenBefore() {
    rollbacks.whoRefersToAddedRecordsWithoutKeyIsSeenBefore();
  }

  @Test
  void aMadeTableWithoutKeyStaysWhole() {
    rollbacks.aMadeTableWithoutKeyStaysWhole();
  }

  @Test
  void whatOthersChangedAmongOverwrittenRecordsIsListedAndUntouched() {
    rollbacks.whatOthersChangedAmongOverwrittenRecordsIsListedAndUntouched();
  }

  @Test
  void aTableThatWasAlteredMeanwhileIsNamedAndLeft() {
    rollbacks.aTableThatWasAlteredMeanwhileIsNamedAndLeft();
  }

  @Test
  void aTableThatIsGoneStopsNothingButItself() {
    rollbacks.aTableThatIsGoneStopsNothingButItself();
  }

  @Test
  void whatOthersAddedToATableStaysAndIsNamed() {
    rollbacks.whatOthersAddedToATableStaysAndIsNamed();
  }

  @Test
  void whatTheProofComparedIsSaid() {
    rollbacks.whatTheProofComparedIsSaid();
  }

  @Test
  void whatTheRunWroteTwiceComesBack() {
    rollbacks.whatTheRunWroteTwiceComesBack();
  }

  @ParameterizedTest
  @EnumSource(names = {"KEEP", "RESTORE"})
  void whatTheRunWroteTwiceAndOthersChangedIsKeptOrPutBack(OnChanged onChanged) {
    rollbacks.whatTheRunWroteTwiceAndOthersChangedIsKeptOrPutBack(onChanged);
  }

  @Test
  void aMadeTreeIsTakenApart() {
    rollbacks.aMadeTreeIsTakenApart();
  }

  @Test
  void whatTriggersDidElsewhereIsNamed() {
    rollbacks.whatTriggersDidElsewhereIsNamed(
        "CREATE TRIGGER noted AFTER UPDATE ON people"
            + " BEGIN INSERT INTO audit VALUES (new.id); END");
  }

  @Test
  void othersMayWriteIntoATableThatWasEmpty() {
    rollbacks.othersMayWriteIntoATableThatWasEmpty(
        () -> Rollbacks.sqlite(file, "INSERT INTO people VALUES ('x1', 'somebody', 1)"));
  }
}
