package dev.waybill.e2e;

import dev.waybill.Waybill.OnChanged;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rollbacks in PostgreSQL. */
class RollbackIT {
  @TempDir private Path folder;
  private TestServer server;
  private String database;
  private Rollbacks rollbacks;

  @BeforeEach
  void begin() {
    server = new TestServer();
    database = server.database();
    rollbacks =
        new Rollbacks(
            folder,
            new Rollbacks.Target() {
              @Override
              public String url() {
                return database;
              }

              @Override
              public void run(String sql) {
                server.run(database, sql);
              }
            });
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
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
        "theirs.notes",
        "CREATE SCHEMA theirs",
        "CREATE TABLE theirs.notes (id bigint, who text REFERENCES people(id) ON DELETE CASCADE)",
        "INSERT INTO theirs.notes VALUES (1, 'p15'), (2, 'p1')");
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
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN INSERT INTO audit VALUES (new.id); RETURN NULL; END'",
        "CREATE TRIGGER noted AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION note()");
  }

  @Test
  void othersMayWriteIntoATableThatWasEmpty() {
    rollbacks.othersMayWriteIntoATableThatWasEmpty(
        () -> server.run(database, "INSERT INTO people VALUES ('x1', 'somebody', 1)"));
  }
}
