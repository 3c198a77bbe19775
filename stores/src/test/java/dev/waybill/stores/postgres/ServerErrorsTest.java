package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.StoreException;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

class ServerErrorsTest {
  private static SQLException said(String severity, String state, String message) {
    return new PSQLException(
        new ServerErrorMessage(
            "S" + severity + "\0V" + severity + "\0C" + state + "\0M" + message + "\0\0"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ERROR | 40001 | canceling statement due to conflict with recovery | hot_standby_feedback",
        "FATAL | 40001 | terminating connection due to conflict with recovery |"
            + " hot_standby_feedback",
        "FATAL | 57P04 | terminating connection due to conflict with recovery |"
            + " hot_standby_feedback",
        "ERROR | 72000 | snapshot too old | old_snapshot_threshold"
      })
  void aStateThatAServerDoesNotShowAnyMoreIsNotAskedForAgainButResumedFromANewOne(
      String severity, String state, String message, String hint) {
    StoreException lost =
        ServerErrors.store(said(severity, state, message), "read \"t\" to its end", "h:1/d");

    assertThat(lost.code()).isEqualTo(StoreException.SNAPSHOT_LOST);
    assertThat(lost.isTransient()).isFalse();
    assertThat(lost.isResumable()).isTrue();
    assertThat(lost.getMessage()).contains("h:1/d").contains(message);
    assertThat(lost.hint()).contains(hint);
  }

  @ParameterizedTest
  @CsvSource({"40001", "57P01", "08006"})
  void aStatementThatMayWorkAtTheNextAttemptIsTransient(String state) {
    StoreException failed = ServerErrors.store(said("ERROR", state, "it is so"), "read", "h:1/d");

    assertThat(failed.isTransient()).isTrue();
  }
}
